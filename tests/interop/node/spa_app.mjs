// An application that is nothing but files, as one in a browser is: its page, and auth0-spa-js.

import express from "express";
import { converse, served } from "./task.mjs";

const PAGE = `<!doctype html>
<html lang="en"><title>Single page</title>
<script type="module">
  import { createAuth0Client } from "/auth0-spa-js.js";
  window.begin = async (options) => {
    window.app = await createAuth0Client(options);
    if (!new URLSearchParams(location.search).has("state")) return null;
    const { appState } = await app.handleRedirectCallback();
    history.replaceState({}, "", "/");
    return appState;
  };
</script></html>`;
const LIBRARY = new URL("node_modules/@auth0/auth0-spa-js/dist/auth0-spa-js.production.esm.js", import.meta.url);

const app = express();
app.get("/", (_request, answer) => answer.send(PAGE));
app.get("/auth0-spa-js.js", (_request, answer) => answer.sendFile(LIBRARY.pathname));

await converse({ listen: (shown) => served(app, shown) });
