// An API of Express whose tokens Auth0's own verifier checks: certificates and DPoP proofs against what binds the token.

import express from "express";
import { auth } from "express-oauth2-jwt-bearer";
import { converse, served } from "./task.mjs";

await converse({
  async serve({ issuer, audience, certificate, key }) {
    const app = express();
    // Whoever shows a certificate shows it here; the token says which it must be (RFC 8705 3).
    const getCertificate = (request) => request.socket.getPeerCertificate(true).raw;
    app.use(auth({ issuerBaseURL: issuer, audience, getCertificate, dpop: { enabled: true } }));
    app.get("/", (request, answer) => answer.json(request.auth.payload));
    // Express knows an error handler by its four arguments.
    app.use((error, request, answer, _next) => {
      const challenge = error.headers?.["WWW-Authenticate"] ?? "";
      answer.status(error.status ?? 500).json({ error: error.code ?? String(error), challenge });
    });
    return served(app, { certificate, key, requestCert: true, rejectUnauthorized: false });
  },
});
