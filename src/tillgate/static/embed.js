// The page inside of a partner's page: it speaks with the page around it, and shows what is typed at once. All of it
// works without this.
"use strict";

const facts = document.body.dataset;
const allowed = facts.origins ? facts.origins.split(" ") : [];
const framed = window.parent !== window;
const form = document.getElementById("editor");
const TYPED_MS = 400;

// Browsers that do not tell who is around deliver to the origin alone that is named.
function around() {
  const known = location.ancestorOrigins;
  return known && known.length ? allowed.filter((origin) => origin === known[0]) : allowed;
}

function tell(type, more) {
  if (!framed) return;
  const message = { source: "craftkit", v: 1, type, ...more };
  for (const origin of around()) window.parent.postMessage(message, origin);
}

function named() {
  const told = {};
  if (facts.template) told.template = facts.template;
  if (facts.templateId) told.templateId = facts.templateId;
  if (facts.version) told.version = Number(facts.version);
  if (facts.render) told.renderId = facts.render;
  return told;
}

tell(facts.event, named());
if (framed) {
  new ResizeObserver(() => tell("resized", { height: document.documentElement.offsetHeight })).observe(document.body);
}

// What the page around may ask: to fill fields by their keys, and another token for the same session.
window.addEventListener("message", (event) => {
  if (event.source !== window.parent || !allowed.includes(event.origin)) return;
  const asked = event.data;
  if (!asked || asked.source !== "craftkit" || asked.v !== 1) return;
  if (asked.type === "fill" && form && asked.data && typeof asked.data === "object") {
    for (const field of form.querySelectorAll("[data-key]")) {
      const value = field.closest(".row") ? undefined : asked.data[field.dataset.key];
      if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") field.value = String(value);
    }
    later(0);
  } else if (asked.type === "token" && typeof asked.token === "string") {
    for (const field of document.querySelectorAll("[name=session_token]")) field.value = asked.token;
  }
});

// The preview: one request at a time matters, the last.
const state = document.getElementById("preview-state");
const pictures = document.getElementById("pictures");
let timer = 0;
let asking = null;

function later(milliseconds) {
  clearTimeout(timer);
  timer = setTimeout(preview, milliseconds);
}

async function preview() {
  asking?.abort();
  asking = new AbortController();
  pictures.classList.add("stale");
  let told;
  try {
    const answer = await fetch(form.dataset.preview, {
      method: "POST",
      headers: { Accept: "application/json" },
      body: new URLSearchParams(new FormData(form)),
      signal: asking.signal,
    });
    if (!(answer.headers.get("content-type") ?? "").includes("json")) throw new Error("no preview");
    told = await answer.json();
  } catch (error) {
    if (error.name === "AbortError") return;
    told = { pictures: [], message: form.dataset.unavailable, state: form.dataset.unavailable };
  }
  show(told);
}

function show(told) {
  pictures.classList.remove("stale");
  state.replaceChildren();
  if (told.message) {
    const words = document.createElement("span");
    words.className = told.missing ? "" : "wrong";
    words.textContent = told.state;
    state.append(words);
    tell("preview_failed", { message: told.message, line: told.line ?? null });
    return;
  }
  state.textContent = told.state;
  pictures.replaceChildren(
    ...told.pictures.map((picture, at) => {
      const image = new Image();
      image.src = picture;
      image.alt = told.alts[at];
      return image;
    }),
  );
  tell("previewed", { pages: told.pages });
}

if (form) {
  form.addEventListener("input", () => {
    tell("changed", named());
    later(TYPED_MS);
  });
  form.addEventListener("submit", (event) => {
    if (event.submitter?.hasAttribute("formaction")) return;
    event.preventDefault();
    later(0);
  });
  if (!pictures.childElementCount && !state.querySelector(".wrong")) later(0);
}

// A document that is being made is looked for until it is there.
const made = document.getElementById("document");
async function look() {
  const answer = await fetch(made.action, {
    method: "POST",
    headers: { Accept: "application/json" },
    body: new URLSearchParams(new FormData(made)),
  });
  const told = await answer.json();
  if (told.status === "succeeded" || told.status === "failed") {
    const failed = told.status === "failed";
    document.getElementById("document-state").textContent = told.state;
    tell(failed ? "document_failed" : "document_ready", { renderId: told.id });
  } else if (answer.ok) {
    setTimeout(look, 1000);
  }
}
if (made && (made.dataset.status === "queued" || made.dataset.status === "rendering")) setTimeout(look, 500);
