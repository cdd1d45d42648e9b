/* A table as it is drawn: the cells of the first row clicked, or a box down a column; the rest is read alike. */

import {boxesOfWords} from "../review/pages.js";
import {knownAs, offer} from "./fields.js";

const MARGIN = 0.004;  // of the page, by which the words of two columns may seem to overlap
const PAUSE_MS = 500;  // after the last cell, before the rest of the rows is read

const overlap = (a0, a1, b0, b1) => Math.min(a1, b1) - Math.max(a0, b0);
const extent = (boxes) => boxes.reduce(([x0, y0, x1, y1], {box}) => [Math.min(x0, box[0]), Math.min(y0, box[1]), Math.max(x1, box[2]), Math.max(y1, box[3])], [1, 1, 0, 0]);

const share = ({page, box}, other) => page === other.page && overlap(box[0], box[2], other.box[0], other.box[2]) > 0 && overlap(box[1], box[3], other.box[1], other.box[3]) > 0;
const standsIn = (cells, places) => cells.some((cell) => cell?.boxes?.some((one) => places.some((other) => share(one, other))));

export class DrawnTable {
  /* key: of a table that the template has; columns: [{key, name, type, isTyped}]; rows: [{cells: [cell or null], isAuto}],
     a cell {value, text, boxes}. drawn: called when the boxes on the page have changed; claimed: when cells were taken;
     elsewhere: returns the boxes of the other tables. */
  constructor(section, {says, ask, changed, tell, below, drawn, claimed, elsewhere}, {key = "", name = "", columns = [], rows = []}) {
    Object.assign(this, {section, says, ask, changed, tell, below, drawn, claimed, elsewhere, key, columns, rows});
    this.chosen = null;  // the column where the focus was last: what is clicked fills it while it has no place
    this.button = section.querySelector("[data-table-mode]");
    this.box = section.querySelector("[data-table-box]");
    this.name = section.querySelector("[data-table-name]");
    this.name.value = name;
    this.name.readOnly = Boolean(key);  // programs call it so
    section.addEventListener("click", (event) => this.clicked(event.target));
    section.addEventListener("input", (event) => this.typed(event.target));
    section.addEventListener("focusin", (event) => this.focused(event.target));
    this.render();
  }

  get isActive() { return this.button.getAttribute("aria-pressed") === "true"; }

  get design() {
    return {key: this.key, label: this.name.value, columns: this.columns.map(({key, name, type}) => ({key, label: name, type})), rows: this.rows.map((row) => row.cells)};
  }

  get state() { return {key: this.key, name: this.name.value, columns: this.columns, rows: this.rows}; }

  get boxes() { return this.rows.flatMap((row) => row.cells.flatMap((cell) => cell?.boxes || [])); }

  /* Of the rows that a person has drawn. */
  get chosenBoxes() { return this.rows.filter((row) => !row.isAuto).flatMap((row) => row.cells.flatMap((cell) => cell?.boxes || [])); }

  stop() {
    clearTimeout(this.waits);
    clearTimeout(this.types);
  }

  activate(isOn) { this.button.setAttribute("aria-pressed", String(isOn)); }

  /* Words that were clicked, by lines: each line is a cell of the row that stands there. */
  async take(page, words, isAdding) {
    const lines = [];
    for (const word of words) {
      const last = lines.at(-1);
      if (last && overlap(last[0][2], last[0][4], word[2], word[4]) > 0.4 * (word[4] - word[2])) last.push(word);
      else lines.push([word]);
    }
    const cells = lines.map((line) => ({value: line.map((w) => w[0]).join(" "), text: line.map((w) => w[0]).join(" "), boxes: boxesOfWords(page, line)}));
    if (!cells.length) return;
    const [x0, , x1] = extent(cells.flatMap((cell) => cell.boxes));
    const column = await this.columnAt(x0, x1, cells[0]);
    for (const cell of cells) this.put(this.rowAt(page, cell), column, cell, isAdding);
    this.rows = this.rows.filter((row) => !row.isAuto);
    this.rows.sort((one, other) => this.top(one) - this.top(other));
    this.claimed(this);
    this.render();
    this.changed();
    this.readOn();
  }

  async columnAt(x0, x1, cell) {
    const spans = this.columns.map((_, at) => extent(this.rows.flatMap((row) => row.cells[at]?.boxes || [])));
    const found = spans.findIndex(([left, , right]) => overlap(left, right, x0, x1) > MARGIN);
    if (found >= 0) return found;
    const isEmpty = ([left, , right]) => left > right, chosen = this.chosen;
    if (chosen !== null && spans[chosen] && isEmpty(spans[chosen])) {
      const next = spans.findIndex((span, at) => at > chosen && isEmpty(span));
      this.chosen = next > 0 ? next : null;
      return chosen;
    }
    const at = spans.filter(([left]) => left < x0).length;
    const said = await this.ask({text: cell.value, type: "", place: JSON.stringify(cell.boxes[0]), cell: "1"});
    const known = said?.label ? knownAs("known-columns", said.label, this.name.value) : null;
    this.columns.splice(at, 0, {name: said?.label || "", type: known?.type || said?.type || "text"});
    for (const row of this.rows) row.cells.splice(at, 0, null);
    return at;
  }

  rowAt(page, cell) {
    const [, top, , bottom] = extent(cell.boxes);
    const found = this.rows.find((row) => row.cells.some((one) => one?.boxes?.some((b) => b.page === page && overlap(b.box[1], b.box[3], top, bottom) > 0.4 * (bottom - top))));
    if (found) { found.isAuto = false; return found; }
    const row = {cells: this.columns.map(() => null), isAuto: false};
    this.rows.push(row);
    return row;
  }

  put(row, column, cell, isAdding) {
    const before = row.cells[column];
    row.cells[column] = isAdding && before
      ? {value: `${before.value} ${cell.value}`, text: `${before.text} ${cell.text}`, boxes: [...before.boxes, ...cell.boxes]}
      : cell;
  }

  top(row) {
    const boxes = row.cells.flatMap((cell) => cell?.boxes || []);
    return boxes.length ? boxes[0].page + extent(boxes)[1] : Infinity;
  }

  /* The rest of the table, read like the rows that are given. */
  readOn() {
    clearTimeout(this.waits);
    this.waits = setTimeout(async () => {
      const given = this.rows.filter((row) => !row.isAuto);
      if (!given.length || this.columns.length < 2) return;
      const found = await this.below(this.columns.map((c) => c.type), given.map((row) => row.cells));
      if (!found) return;
      const places = this.elsewhere(this), end = found.rows.findIndex((cells) => standsIn(cells, places));
      const read = end < 0 ? found.rows : found.rows.slice(0, end);  // where another table begins, this one has ended
      this.rows = [...given, ...read.map((cells) => ({cells, isAuto: true}))];
      this.tell(read.length ? `${read.length} ${this.says("rows")}` : "");
      this.claimed(this);
      this.render();
      this.changed();
    }, PAUSE_MS);
  }

  /* Give up what was read by itself from where another table begins. */
  cede(places) {
    const end = this.rows.findIndex((row) => row.isAuto && standsIn(row.cells, places));
    if (end < 0) return;
    this.rows = this.rows.filter((row, at) => !row.isAuto || at < end);
    this.render();
  }

  clicked(target) {
    const at = (cell) => [...cell.parentElement.children].indexOf(cell);
    if (target.closest("[data-drop-column]")) {
      const column = at(target.closest("th"));
      this.columns.splice(column, 1);
      for (const row of this.rows) row.cells.splice(column, 1);
      if (!this.columns.length) this.rows = [];
    } else if (target.closest("[data-drop-row]")) {
      this.rows.splice(at(target.closest("tr")), 1);
    } else if (target.closest("[data-add-column]")) {
      this.columns.push({name: "", type: "text", isTyped: true});
      for (const row of this.rows) row.cells.push(null);
    } else if (target.closest("[data-add-row]")) {
      this.rows.push({cells: this.columns.map(() => null), isAuto: false});
    } else {
      return;
    }
    this.render();
    this.changed();
    if (target.closest("[data-add-column]")) this.box.querySelector("th:last-child [data-name]").focus();
    else if (target.closest("[data-add-row]")) this.box.querySelector("tr:last-child [data-cell]").focus();
    else (this.box.querySelector("[data-name]") || this.section.querySelector("[data-add-column]")).focus();
  }

  focused(target) {
    const cell = target.closest("th, td");
    if (!cell) return;
    const column = [...cell.parentElement.children].indexOf(cell);
    this.chosen = column < this.columns.length ? column : null;
  }

  typed(input) {
    const at = (cell) => [...cell.parentElement.children].indexOf(cell);
    const heading = input.closest("th");
    if (input === this.name) {
      this.nameless();
    } else if (heading) {
      const column = this.columns[at(heading)];
      if (input.matches("[data-name]")) {
        column.name = input.value;
        heading.classList.toggle("nameless", !input.value.trim());
        const known = knownAs("known-columns", input.value, this.name.value);
        if (known) { column.type = known.type; heading.querySelector("[data-type]").value = known.type; }
      } else {
        Object.assign(column, {type: input.value, isTyped: true});
      }
    } else {
      const cell = input.closest("td"), row = this.rows[at(cell.parentElement)];
      const before = row.cells[at(cell)];
      const value = input.value.trim();
      row.cells[at(cell)] = value ? {value, text: before?.text || "", boxes: before?.text?.includes(value) ? before.boxes : []} : null;
      row.isAuto = false;
    }
    this.offer();
    clearTimeout(this.types);
    this.types = setTimeout(() => this.changed(), PAUSE_MS);
  }

  /* Offer the columns that such a table may have and this one lacks. */
  offer() {
    const called = this.name.value.trim().toLowerCase();
    const options = [...document.getElementById("known-columns").options].filter((o) => this.columns.length && o.dataset.table.toLowerCase() === called);
    offer(this.section.querySelector(".unread[data-unread]"), options, this.columns.map((column) => column.name), ({name, type}) => {
      this.columns.push({name, type, isTyped: true});
      for (const row of this.rows) row.cells.push(null);
      this.render();
      this.changed();
      this.box.querySelector("th:last-child [data-name]").focus();
    });
  }

  nameless() { this.section.classList.toggle("nameless", Boolean(this.columns.length) && !this.name.value.trim()); }

  render() {
    const make = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);
    this.box.hidden = !this.columns.length;
    this.section.querySelector("[data-add-row]").hidden = !this.columns.length;
    this.nameless();
    this.offer();
    this.box.querySelector("thead tr").replaceChildren(...this.columns.map(({name, type}) => {
      const heading = make("studio-column");
      heading.querySelector("[data-name]").value = name;
      heading.classList.toggle("nameless", !name.trim());
      heading.querySelector("[data-type]").value = type;
      return heading;
    }));
    this.box.querySelector("tbody").replaceChildren(...this.rows.map((row, number) => {
      const line = document.createElement("tr");
      line.classList.toggle("auto", row.isAuto);
      line.append(...this.columns.map(({name}, at) => {
        const cell = make("studio-cell"), input = cell.querySelector("input");
        input.value = row.cells[at]?.value || "";
        input.setAttribute("aria-label", `${name || input.getAttribute("aria-label")} ${number + 1}`);
        return cell;
      }), make("studio-row-end"));
      return line;
    }));
    this.drawn();
  }
}
