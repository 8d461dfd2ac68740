// What pages do better with script; each of them works without.
(function () {
  "use strict";

  function addReveal(input) {
    var button = document.createElement("button");
    var frame = document.createElement("div");
    button.type = "button";
    button.className = "reveal";
    button.textContent = input.dataset.reveal;
    button.setAttribute("aria-controls", input.id);
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", function () {
      var hidden = input.type === "password";
      input.type = hidden ? "text" : "password";
      button.textContent = hidden ? input.dataset.conceal : input.dataset.reveal;
      button.setAttribute("aria-pressed", String(hidden));
    });
    frame.className = "with-reveal";
    input.parentNode.insertBefore(frame, input);
    frame.appendChild(input);
    frame.appendChild(button);
    // What is sent is a password, whatever was shown: browsers remember text fields.
    input.form.addEventListener("submit", function () {
      input.type = "password";
    });
  }

  function sendOnce(form) {
    var sent = false;
    form.addEventListener("submit", function (event) {
      if (sent) {
        event.preventDefault();
        return;
      }
      // Another script may stop the form, and send it later.
      setTimeout(function () {
        sent = !event.defaultPrevented;
      }, 0);
    });
    window.addEventListener("pageshow", function () {
      sent = false;
    });
  }

  function inLocalTime(element) {
    var at = new Date(element.dateTime);
    if (!isNaN(at)) {
      element.textContent = at.toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
    }
  }

  document.querySelectorAll("time[datetime]").forEach(inLocalTime);
  document.querySelectorAll("input[data-reveal]").forEach(addReveal);
  document.querySelectorAll("form[method=post]").forEach(sendOnce);
})();
