// api.js talks to the server: the token, aborted requests, problem details, and a server that is
// gone or busy.

import {$, fill, h} from "./dom.js";

/** What a request ended with, in words for a person. status 0: no answer. */
export class ApiError extends Error {
  constructor(status, title, detail, problem = {}) {
    super(detail || title);
    Object.assign(this, {status, title, detail, problem});
  }
}

const TOKEN = "luminavec-token";
let stored = "";
try { stored = sessionStorage.getItem(TOKEN) ?? ""; } catch { /* storage may be forbidden */ }

/** Requests a path of the server, relative to the page. Aborted requests throw an AbortError. */
export async function request(path, {body, signal, method = body ? "POST" : "GET"} = {}) {
  for (let attempt = 0; ; attempt++) {
    const headers = {Accept: "application/json"};
    if (body) headers["Content-Type"] = "application/json";
    if (stored) headers.Authorization = `Bearer ${stored}`;
    let answer;
    try {
      answer = await fetch(path, {method, headers, signal, body: body && JSON.stringify(body), credentials: "same-origin"});
    } catch (e) {
      if (e.name === "AbortError") throw e;
      waitForServer();
      throw new ApiError(0, "The server does not answer", "Trying again …");
    }
    if (answer.status === 401) {
      await askForToken(attempt > 0 || stored !== "");
      signal?.throwIfAborted();
      continue;
    }
    if (answer.status === 429 && attempt < 3) { // busy: once more, when the server says
      await pause(Math.min(10, Number(answer.headers.get("Retry-After")) || 1) * 1000 * (1 + Math.random() / 4), signal);
      continue;
    }
    if (!answer.ok) throw await failure(answer);
    try {
      return await answer.json();
    } catch (e) {
      if (e.name === "AbortError") throw e;
      throw new ApiError(answer.status, "The answer is not JSON", `${path} answered with something else. Is there another server in between?`);
    }
  }
}

async function failure(answer) {
  let problem = {};
  try {
    if (/json/.test(answer.headers.get("Content-Type") ?? "")) problem = await answer.json();
  } catch { /* the status says enough */ }
  const titles = {400: "The request was refused", 422: "The request was refused", 403: "Not allowed", 404: "Not found", 410: "No longer there", 413: "Too large", 429: "The server is busy", 503: "The server is not ready", 504: "The server took too long"};
  const title = titles[answer.status] ?? problem.title ?? (answer.status >= 500 ? "The server failed" : "The request was refused");
  const detail = [problem.detail?.replace(/^body\.\w+: /, ""), ...(problem.errors ?? []).map(e => e.message).filter(m => !problem.detail?.includes(m)), problem.hint && `Hint: ${problem.hint}.`].filter(Boolean).join(". ");
  return new ApiError(answer.status, title, detail || `Status ${answer.status}`, problem);
}

function pause(ms, signal) {
  return new Promise((done, fail) => {
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", () => { clearTimeout(timer); fail(signal.reason); }, {once: true});
  });
}

// A server that is gone is asked every few seconds whether it is back; the page is then drawn again.
let waiting = false;
async function waitForServer() {
  if (waiting) return;
  waiting = true;
  const banner = $("banner");
  for (let seconds = 1; ; seconds = Math.min(10, seconds * 1.6)) {
    fill(banner, h("strong", null, navigator.onLine === false ? "You are offline." : "The server does not answer."), " The page tries again every few seconds. ",
      h("button", {type: "button", class: "small", onclick: () => dispatchEvent(new Event("online"))}, "Try now"));
    banner.hidden = false;
    await Promise.race([pause(seconds * 1000), new Promise(done => addEventListener("online", done, {once: true}))]);
    try {
      if ((await fetch("healthz", {cache: "no-store"})).status < 500) break;
    } catch { /* still gone */ }
  }
  waiting = false;
  banner.hidden = true;
  dispatchEvent(new Event("server-back"));
}

// One dialog at a time, however many requests were refused.
let asking = null;
function askForToken(again) {
  return asking ??= new Promise((done, fail) => {
    const dialog = $("token"), input = h("input", {type: "password", id: "token-input", autocomplete: "current-password", required: true, "aria-describedby": "token-note"});
    let given = false;
    fill(dialog, h("form", {method: "dialog", onsubmit: () => {
      given = true;
      stored = input.value.trim();
      try { sessionStorage.setItem(TOKEN, stored); } catch { /* it is kept until the page is left */ }
    }},
    h("h2", {id: "token-title"}, "This server needs a token"),
    h("p", {id: "token-note"}, again && h("strong", null, "The token was not accepted. "), "It is in the file that the server was started with. This tab keeps it until it is closed."),
    h("label", {for: "token-input"}, "Token"), input,
    h("div", {class: "row end"}, h("button", {type: "submit", class: "primary"}, "Continue"))));
    dialog.addEventListener("close", () => {
      asking = null;
      if (given) done();
      else fail(new ApiError(401, "This server needs a token", "Nothing can be shown without it."));
    }, {once: true});
    dialog.showModal();
    input.focus();
  });
}

/** A box that shows an error, with a button that tries again. */
export function errorBox(error, retry) {
  return h("div", {class: "error", role: "alert"},
    h("strong", null, error.title ?? "This page failed"),
    h("p", null, error.message),
    retry && h("button", {type: "button", class: "small", onclick: retry}, "Try again"));
}

/** Runs the latest of several tasks: starting one aborts the one before, whose answer is dropped. */
export class Latest {
  async run(task) {
    this.controller?.abort();
    const controller = this.controller = new AbortController();
    try {
      const value = await task(controller.signal);
      if (this.controller !== controller) return null;
      return {value};
    } catch (error) {
      if (error.name === "AbortError" || this.controller !== controller) return null;
      return {error};
    }
  }

  stop() { this.controller?.abort(); this.controller = null; }
}
