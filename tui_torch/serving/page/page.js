"use strict";
// What textual-serve's terminal does not do: it has the focus from the start, sends keys that a terminal of our days
// sends, and says why the connection ended.
(() => {
  const CONTROL_ENTER = "\x1b[13;5u";
  const SHIFT_ENTER = "\x1b[13;2u";
  // The browser keeps ctrl+w for itself.
  const DELETE_WORD = "\x17";
  let socket = null;

  const focus = () => document.querySelector(".xterm-helper-textarea")?.focus();

  const goodbye = (sentence) => {
    document.querySelector("#why").textContent = sentence;
    document.querySelector("#goodbye").hidden = false;
    document.querySelector("#again").focus();
  };

  // textual.js makes one socket and keeps it to itself.
  window.WebSocket = class extends WebSocket {
    constructor(...given) {
      super(...given);
      socket = this;
      this.addEventListener("close", (event) => goodbye(event.reason || "The connection to tui-torch is lost."));
    }
  };

  const sent = (event) => {
    if (event.altKey || event.metaKey) return null;
    if (event.key === "Enter" && event.ctrlKey) return CONTROL_ENTER;
    if (event.key === "Enter" && event.shiftKey) return SHIFT_ENTER;
    if (event.key === "Backspace" && event.ctrlKey) return DELETE_WORD;
    return null;
  };

  window.addEventListener(
    "keydown",
    (event) => {
      const keys = sent(event);
      if (keys === null || socket?.readyState !== WebSocket.OPEN) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      socket.send(JSON.stringify(["stdin", keys]));
    },
    true,
  );

  document.addEventListener("DOMContentLoaded", () => {
    const here = window.location;
    const scheme = here.protocol === "https:" ? "wss:" : "ws:";
    const path = here.pathname.replace(/\/+$/, "");
    document.querySelector("#terminal").dataset.sessionWebsocketUrl = `${scheme}//${here.host}${path}/connection`;
    document.querySelector("#again").addEventListener("click", () => here.reload());
  });
  // textual.js makes the terminal when the page has loaded, after this.
  window.addEventListener("load", () => setTimeout(focus));
  window.addEventListener("focus", focus);
})();
