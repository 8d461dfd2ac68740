"""Pages on which people look after their own account: for whoever has a session; a new password takes the old one."""
