/* The line items as they are drawn: the cells of the first row clicked, or a box down a column; the rest is read alike. */

import {boxesOfWords} from "../review/pages.js";
import {knownAs} from "./fields.js";

const MARGIN = 0.004;  // of the page, by which the words of two columns may seem to overlap
const PAUSE_MS = 500;  // after the last cell, before the rest of the rows is read

const overlap = (a0, a1, b0, b1) => Math.min(a1, b1) - Math.max(a0, b0);
const extent = (boxes) => boxes.reduce(([x0, y0, x1, y1], {box}) => [Math.min(x0, box[0]), Math.min(y0, box[1]), Math.max(x1, box[2]), Math.max(y1, box[3])], [1, 1, 0, 0]);

export class ItemTable {
  /* columns: [{name, type, isTyped}]; rows: [{cells: [cell or null], isAuto}], a cell {value, text, boxes}. */
  constructor(section, {pages, says, ask, changed, tell, below}) {
    Object.assign(this, {section, pages, says, ask, changed, tell, below});
    this.columns = [];
    this.rows = [];
    this.button = section.querySelector("[data-table-mode]");
    this.box = section.querySelector("[data-table-box]");
    this.button.addEventListener("click", () => this.activate(!this.isActive));
    section.addEventListener("click", (event) => this.clicked(event.target));
    section.addEventListener("input", (event) => this.typed(event.target));
  }

  get isActive() { return this.button.getAttribute("aria-pressed") === "true"; }

  get design() {
    return {columns: this.columns.map(({name, type}) => ({label: name, type})), rows: this.rows.map((row) => row.cells)};
  }

  get state() { return {columns: this.columns, rows: this.rows}; }

  restore({columns, rows}) {
    clearTimeout(this.waits);
    clearTimeout(this.types);
    Object.assign(this, {columns, rows});
    this.render();
  }

  activate(isOn) { this.button.setAttribute("aria-pressed", String(isOn)); }

  load({columns = [], rows = []}) {
    this.columns = columns.map(({label, type}) => ({name: label, type, isTyped: true}));
    this.rows = rows.map((cells) => ({cells, isAuto: false}));
    this.render();
  }

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
    this.render();
    this.changed();
    this.readOn();
  }

  async columnAt(x0, x1, cell) {
    const spans = this.columns.map((_, at) => extent(this.rows.flatMap((row) => row.cells[at]?.boxes || [])));
    const found = spans.findIndex(([left, , right]) => overlap(left, right, x0, x1) > MARGIN);
    if (found >= 0) return found;
    const at = spans.filter(([left]) => left < x0).length;
    const said = await this.ask({text: cell.value, type: "", place: JSON.stringify(cell.boxes[0]), cell: "1"});
    const known = said?.label ? knownAs("known-columns", said.label) : null;
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
      this.rows = [...given, ...found.rows.map((cells) => ({cells, isAuto: true}))];
      this.tell(found.rows.length ? `${found.rows.length} ${this.says("rows")}` : "");
      this.render();
      this.changed();
    }, PAUSE_MS);
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
    } else if (target.closest("[data-table-clear]")) {
      Object.assign(this, {columns: [], rows: []});
    } else {
      return;
    }
    this.render();
    this.changed();
  }

  typed(input) {
    const at = (cell) => [...cell.parentElement.children].indexOf(cell);
    const heading = input.closest("th");
    if (heading) {
      const column = this.columns[at(heading)];
      if (input.matches("[data-name]")) {
        column.name = input.value;
        const known = knownAs("known-columns", input.value);
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
    clearTimeout(this.types);
    this.types = setTimeout(() => this.changed(), PAUSE_MS);
  }

  render() {
    const make = (id) => this.section.querySelector(`#${id}`).content.firstElementChild.cloneNode(true);
    this.box.hidden = !this.columns.length;
    this.section.querySelector("[data-table-clear]").hidden = !this.columns.length;
    this.box.querySelector("thead tr").replaceChildren(...this.columns.map(({name, type}) => {
      const heading = make("studio-column");
      heading.querySelector("[data-name]").value = name;
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
    this.pages.draw("cell", this.rows.flatMap((row) => row.cells.flatMap((cell) => cell?.boxes || [])));
  }
}
