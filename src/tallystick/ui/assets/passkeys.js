// Passkeys: asks the browser for one, and sends on what it answers. Without this script the forms stay hidden.

const RENEW_MS = 240000; // a challenge holds five minutes

const toBytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));

function toText(buffer) {
  let text = "";
  for (const byte of new Uint8Array(buffer)) {
    text += String.fromCharCode(byte);
  }
  return btoa(text).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function asked(options) {
  const read = { ...options, challenge: toBytes(options.challenge) };
  if (options.user) {
    read.user = { ...options.user, id: toBytes(options.user.id) };
  }
  for (const list of ["allowCredentials", "excludeCredentials"]) {
    if (options[list]) {
      read[list] = options[list].map((one) => ({ ...one, id: toBytes(one.id) }));
    }
  }
  return read;
}

function answered(credential) {
  const response = { clientDataJSON: toText(credential.response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) {
      response[name] = toText(credential.response[name]);
    }
  }
  if (credential.response.getTransports) {
    response.transports = credential.response.getTransports();
  }
  return JSON.stringify({
    id: credential.id,
    rawId: toText(credential.rawId),
    type: credential.type,
    response,
    clientExtensionResults: credential.getClientExtensionResults(),
  });
}

async function optionsOf(form) {
  if (form.dataset.options) {
    return JSON.parse(form.dataset.options);
  }
  const answer = await fetch(form.dataset.optionsUrl, { credentials: "same-origin" });
  return answer.ok ? (await answer.json()).options : null;
}

function send(form, credential) {
  form.elements.credential.value = answered(credential);
  form.submit();
}

// While the person looks at the page, the browser may offer passkeys in the field for the name.
async function offerInField(form, waiting) {
  while (!waiting.stopped) {
    const options = await optionsOf(form);
    if (!options || waiting.stopped) {
      return;
    }
    waiting.abort = new AbortController();
    const renewal = setTimeout(() => waiting.abort.abort(), RENEW_MS);
    try {
      const publicKey = asked(options);
      send(form, await navigator.credentials.get({ publicKey, mediation: "conditional", signal: waiting.abort.signal }));
      return;
    } catch (error) {
      if (error.name !== "AbortError") {
        return;
      }
    } finally {
      clearTimeout(renewal);
    }
  }
}

async function ready(form) {
  const problem = form.querySelector("[data-passkey-problem]");
  const waiting = { stopped: false, abort: null };
  if (form.dataset.optionsUrl && !(await optionsOf(form))) {
    return; // there can be no passkeys at this address
  }
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    problem.textContent = "";
    waiting.stopped = true;
    waiting.abort?.abort();
    try {
      const publicKey = asked(await optionsOf(form));
      send(form, await navigator.credentials[form.dataset.passkey]({ publicKey }));
    } catch {
      problem.textContent = problem.dataset.passkeyProblem;
    }
  });
  if ("conditional" in form.dataset && (await PublicKeyCredential.isConditionalMediationAvailable?.())) {
    offerInField(form, waiting);
  }
}

if (window.PublicKeyCredential) {
  document.querySelectorAll("form[data-passkey]").forEach(ready);
}
