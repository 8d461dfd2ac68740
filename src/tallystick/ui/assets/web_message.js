// Hands the answer to the page that asked, and to no other: the browser checks the origin.
(function () {
  "use strict";
  var body = document.body;
  var asker = window.opener || (window.parent !== window ? window.parent : null);
  if (asker) {
    asker.postMessage(
      { type: "authorization_response", response: JSON.parse(body.getAttribute("data-payload")) },
      body.getAttribute("data-target-origin")
    );
  }
})();
