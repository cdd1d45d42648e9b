/* The template studio: what is clicked on the sample becomes a field, and is tried on the other documents as it grows. */

import {sender, sentences} from "./asking.js";
import {History} from "./review/history.js";
import {Pages} from "./review/pages.js";
import {FieldList} from "./studio/fields.js";
import {TableList} from "./studio/tables.js";

const MOST_BESIDE = 30;  // boxes
const TYPING_MS = 300;  // a pause after which what was typed is read

const root = document.getElementById("studio");
const form = document.getElementById("studio-form");
const name = form.querySelector("[data-template-name]");
const status = form.querySelector("[data-status]");
const says = sentences(root), post = sender(form);

/* What was chosen left of a place or above it: values, which are no names. The nearest, as an address is no long text. */
const chosenBeside = ({page, box}) => {
  const found = [...fields.boxes, ...tables.boxes].filter((one) => one.page === page && one.box[1] < box[3] && one.box[0] < box[2]);
  const apart = found.map((one) => one.box).filter((one) => one[2] <= box[0] + 0.001 || one[3] <= box[1] + 0.001);
  const level = (one) => (one[3] > box[1] ? 0 : 1) + (box[1] - one[3]);
  return apart.sort((one, other) => level(one) - level(other)).slice(0, MOST_BESIDE).map((one) => one.map((v) => Number(v.toFixed(4))));
};

/* What a text means, and what the page calls it. */
const ask = async (query) => {
  try {
    const place = query.place ? {chosen: JSON.stringify(chosenBeside(JSON.parse(query.place)))} : {};
    const answer = await fetch(`${root.dataset.meaning}?${new URLSearchParams({...query, ...place})}`, {headers: {Accept: "application/json"}});
    return answer.ok ? answer.json() : null;
  } catch { return null; }
};

const pages = new Pages(document.getElementById("pages"), {picked});
const history = new History((_, state) => restore(state));
const stateNow = () => structuredClone({name: name.value, fields: fields.state, tables: tables.state});
let last = null, isRestoring = false;
/* follows: it came by itself of the change before, and is undone with it. */
const changed = ({follows = false} = {}) => {
  const design = JSON.stringify({name: name.value, ...fields.design, ...tables.design});
  if (design === form.elements.design.value) return;
  form.elements.design.value = design;
  const now = stateNow();
  if (last && !isRestoring && follows) history.amend(form, last, now);
  else if (last && !isRestoring) history.record(form, last, now);
  last = now;
  // What is tried takes a while to be said.
  document.querySelector("[data-none-named]")?.toggleAttribute("hidden", fields.rows.some((row) => row.name.value.trim()) || tables.tables.some((table) => table.columns.length));
  document.getElementById("tried")?.dispatchEvent(new CustomEvent("design-changed"));
};
const tell = (text) => { status.textContent = text; };
const below = (types, rows) => post(root.dataset.rows, {types: types.join(), rows: JSON.stringify(rows)}).catch(() => null);
const fields = new FieldList(form, {pages, says, ask, changed, pause: TYPING_MS});
const tables = new TableList(form, {pages, says, ask, changed, tell, below});

/* Put everything back as it was: undo and redo, over all since the studio was opened. */
function restore(state) {
  isRestoring = true;
  name.value = state.name;
  fields.restore(structuredClone(state.fields));
  tables.restore(structuredClone(state.tables));
  changed();
  isRestoring = false;
  if (!form.contains(document.activeElement)) name.focus();  // what had the focus may be gone
}

function picked({page, words, box, isAdding}) {
  tables.flush();
  if (!words.length) { readRegion(page, box, isAdding); return; }
  (tables.active || fields).take(page, words, isAdding);
}

/* A box over no text: OCR reads it, on a worker that is kept for those who wait. */
async function readRegion(page, box, isAdding) {
  tell(`◔ ${says("reading")}`);
  const found = await post(root.dataset.region, {page, box: JSON.stringify(box)}).catch(() => null);
  tell(found?.words.length ? "" : `▲ ${says("nothingRead")}`);
  if (found?.words.length) (tables.active || fields).take(page, found.words, isAdding);
}

const start = JSON.parse(form.dataset.design || "{}");
name.value = start.name || "";
fields.load(start.fields || []);
tables.load(start.tables || []);
form.elements.design.value = "";
changed();
name.addEventListener("input", changed);
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("input") && !event.ctrlKey) event.preventDefault();  // saving is a decision
});
addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.ctrlKey) form.requestSubmit(form.querySelector("[data-save]"));
  const letter = event.key.toLowerCase();
  if ((event.ctrlKey || event.metaKey) && !event.altKey && (letter === "z" || letter === "y")) {
    event.preventDefault();
    tables.flush();
    if (letter === "y" || event.shiftKey) history.redo();
    else history.undo();
  }
  if (event.key === "Escape" && tables.active) tables.activate(null);
  if (event.altKey && !event.ctrlKey && event.code === "KeyT") {
    event.preventDefault();
    tables.begin();
  }
});
form.querySelector("[data-undo]").addEventListener("click", () => { tables.flush(); history.undo(); });
/* What was refused since it has no name is marked until it has one; the first has the focus. */
const nameless = "isNameless" in root.dataset
  ? [...form.querySelectorAll(".studio-field.nameless [data-name], .studio-table.nameless [data-table-name], th.nameless [data-name]")] : [];
for (const input of nameless) input.setAttribute("aria-invalid", "true");
form.addEventListener("input", ({target}) => { if (target.value.trim()) target.removeAttribute("aria-invalid"); });
(nameless[0] || name).focus();
