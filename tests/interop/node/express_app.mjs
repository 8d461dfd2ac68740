// A web application with express-openid-connect: code and PKCE, the answer by form_post, and back-channel logout.

import express from "express";
import oidc from "express-openid-connect";
import { converse, served } from "./task.mjs";

const app = express();
let origin;

/** What remembers logouts, as `express-session` would have it. */
class Memory {
  kept = new Map();
  get(id, done) {
    done(null, this.kept.get(id));
  }
  set(id, session, done) {
    this.kept.set(id, session);
    done(null);
  }
  destroy(id, done) {
    this.kept.delete(id);
    done(null);
  }
}

await converse({
  /** Its origin; what it is comes later, since a client is registered with its URLs. */
  async listen(shown) {
    origin = await served(app, shown);
    return origin;
  },
  serve({ issuer, client_id, client_secret, ...more }) {
    const settings = {
      baseURL: origin,
      clientID: client_id,
      clientSecret: client_secret,
      issuerBaseURL: issuer,
      secret: "a secret of the application's own",
      authRequired: false,
      idpLogout: true,
      authorizationParams: { response_type: "code", response_mode: "form_post", scope: "openid profile email offline_access" },
      transactionCookie: { sameSite: "None" },
      backchannelLogout: { store: new Memory() },
      ...more,
    };
    app.use(oidc.auth(settings));
    const who = ({ oidc: { user } }, answer) => answer.send(`<p id="who">${user ? user.name : "nobody"}</p>`);
    app.get("/", who);
    app.get("/silent", oidc.attemptSilentLogin(), who);
    app.get("/profile", oidc.requiresAuth(), async ({ oidc: { user, accessToken, fetchUserInfo } }, answer) => {
      const before = accessToken.access_token;
      const { access_token } = await accessToken.refresh();
      answer.json({ user, renewed: access_token !== before });
    });
    app.get("/userinfo", oidc.requiresAuth(), async (request, answer) => answer.json(await request.oidc.fetchUserInfo()));
    app.use((error, _request, answer, _next) => answer.status(500).send(`<p id="who">${error.message}</p>`));
  },
});
