// The editor of templates: what is typed is seen at once, and an error leads to its line. All of it works without this,
// by the button.
"use strict";

const form = document.getElementById("editor");
const source = document.getElementById("source");
const state = document.getElementById("preview-state");
const pictures = document.getElementById("pictures");
const TYPED_MS = 500;
let timer = 0;
let asking = null;

function later(milliseconds) {
  clearTimeout(timer);
  timer = setTimeout(preview, milliseconds);
}

// One request at a time matters, the last. It is no form that is sent: it has no mark, and changes nothing.
async function preview() {
  asking?.abort();
  asking = new AbortController();
  pictures.classList.add("stale");
  const fields = new URLSearchParams(new FormData(form));
  fields.delete("form_id");
  let found;
  try {
    const answer = await fetch(form.dataset.preview, {
      method: "POST",
      headers: { Accept: "application/json" },
      body: fields,
      signal: asking.signal,
    });
    if (!(answer.headers.get("content-type") ?? "").includes("json")) throw new Error("no preview");
    found = await answer.json();
  } catch (error) {
    if (error.name === "AbortError") return;
    found = { pictures: [], message: "The preview is not available now." };
  }
  show(found);
}

function show(found) {
  pictures.classList.remove("stale");
  state.replaceChildren();
  if (found.message) {
    const words = document.createElement("span");
    words.className = "problem";
    words.textContent = found.message;
    if (found.line) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button-plain";
      button.textContent = `Line ${found.line}`;
      button.addEventListener("click", () => select(found.line));
      words.prepend(button, ": ");
    }
    state.append(words);
    return;
  }
  state.textContent = found.pages === 1 ? "1 page" : `${found.pages} pages`;
  pictures.replaceChildren(
    ...found.pictures.map((picture, at) => {
      const image = new Image();
      image.src = picture;
      image.alt = `Page ${at + 1} of the preview`;
      return image;
    }),
  );
}

// The line is marked in the source, and scrolled to.
function select(line) {
  const lines = source.value.split("\n");
  const from = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
  source.focus();
  source.setSelectionRange(from, from + (lines[line - 1] ?? "").length);
  source.scrollTop = (source.scrollHeight / lines.length) * Math.max(line - 4, 0);
}

form.addEventListener("input", () => later(TYPED_MS));
if (!pictures.childElementCount && !state.querySelector(".problem") && !document.getElementById("problems")) later(0);
