// Typing help for the search: the names that fit stand in the field's own list, which the browser
// shows. Without this script the form works.
"use strict";

const WAIT = 150; // milliseconds without a key before the names are asked for
const field = document.getElementById("find");
const names = document.getElementById("names");
let waiting;
let asked = ""; // an answer to an earlier text may come late

async function offer() {
  asked = field.value.trim();
  const text = asked;
  if (!text) return names.replaceChildren();
  const reply = await fetch(`${field.form.action}?${new URLSearchParams({ q: text })}`, {
    headers: { Accept: "application/json" },
  });
  if (!reply.ok || text !== asked) return;
  const { hits } = await reply.json();
  names.replaceChildren(...hits.map(({ name, label, kind }) => {
    const option = document.createElement("option");
    option.value = name;
    option.label = name === label ? kind : `${label}, ${kind}`;
    return option;
  }));
  names.dataset.text = text; // what they are the names for
}

field.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(offer, WAIT);
});
