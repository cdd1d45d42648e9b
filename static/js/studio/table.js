/* A table as it is drawn: the cells of the first row clicked, or a box down a column; the rest is read alike. */

import {boxesOfWords} from "../review/pages.js";
import {knownAs, offer} from "./fields.js";

const MARGIN = 0.004;  // of the page, by which the words of two columns may seem to overlap
const PAUSE_MS = 500;  // after the last cell, before the rest of the rows is read

const overlap = (a0, a1, b0, b1) => Math.min(a1, b1) - Math.max(a0, b0);
const extent = (boxes) => boxes.reduce(([x0, y0, x1, y1], {box}) => [Math.min(x0, box[0]), Math.min(y0, box[1]), Math.max(x1, box[2]), Math.max(y1, box[3])], [1, 1, 0, 0]);

const share = ({page, box}, other) => page === other.page && overlap(box[0], box[2], other.box[0], other.box[2]) > 0 && overlap(box[1], box[3], other.box[1], other.box[3]) > 0;
const standsIn = (cells, places) => cells.some((cell) => cell?.boxes?.some((one) => places.some((other) => share(one, other))));

const besides = (places, x0, x1) => Math.max(-1, ...places.map(({box}) => overlap(box[0], box[2], x0, x1)));

/* A cell was read like the person's, was read when the page came, or is the person's own; one without a value was emptied. */
const isLike = (cell) => cell?.mark === "look";
const isOwn = (cell) => Boolean(cell) && !isLike(cell) && !cell.isRead;
const isAuto = ({cells}) => cells.some(isLike) && cells.every((cell) => !cell || isLike(cell));
const placesOf = (row, counts = Boolean) => row.cells.flatMap((cell) => (counts(cell) && cell.boxes) || []);

/* What is left of a cell without words that stand at its beginning or end; null where they stand within. */
const without = (cell, words) => {
  const [x0, , x1] = extent(words.boxes), isLast = cell.text.endsWith(` ${words.text}`);
  if (isLike(cell) || cell.boxes.length !== 1 || !(isLast || cell.text.startsWith(`${words.text} `))) return null;
  const text = (isLast ? cell.text.slice(0, -words.text.length) : cell.text.slice(words.text.length)).trim();
  const [left, top, right, bottom] = cell.boxes[0].box;
  return {...cell, value: text, text, boxes: [{...cell.boxes[0], box: isLast ? [left, top, x0 - MARGIN / 2, bottom] : [x1 + MARGIN / 2, top, right, bottom]}]};
};

export class DrawnTable {
  /* key: of a table that the template has; columns: [{key, name, type, isTyped, header}], header: what is printed over the
     first cell that filled it; rows: [{cells: [cell or null]}], a cell {value, text, boxes, mark, isRead}; dropped: boxes of
     rows that were read and removed. drawn: called when the boxes on the page have changed; claimed: when cells were taken;
     elsewhere: returns the boxes of the other tables; claimClicks: called when the focus came into a cell or column. */
  constructor(section, {says, ask, changed, tell, below, drawn, claimed, elsewhere, claimClicks}, {key = "", name = "", columns = [], rows = [], dropped = []}) {
    Object.assign(this, {section, says, ask, changed, tell, below, drawn, claimed, elsewhere, claimClicks, key, columns, rows, dropped});
    this.chosen = null;  // the column where the focus was last: what is clicked fills it while it has no place
    this.focus = null;  // the row and column of the cell where it was: what is clicked there fills it while it is empty
    this.last = null;  // the row and column that were filled last: a word is added there
    this.taking = Promise.resolve();  // one click after the other
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
    return {key: this.key, label: this.name.value, columns: this.columns.map(({key, name, type}) => ({key, label: name, type})), rows: this.rows.map((row) => row.cells.map((cell) => (cell?.value ? cell : null)))};
  }

  get state() { return {key: this.key, name: this.name.value, columns: this.columns, rows: this.rows, dropped: this.dropped}; }

  get boxes() { return this.rows.flatMap((row) => placesOf(row)); }

  /* Of the rows that a person has drawn. */
  get chosenBoxes() { return this.rows.filter((row) => !isAuto(row)).flatMap((row) => placesOf(row)); }

  stop() {
    clearTimeout(this.waits);
    clearTimeout(this.types);
  }

  activate(isOn) { this.button.setAttribute("aria-pressed", String(isOn)); }

  /* Count what was typed as a change of its own, before another one. */
  flush() {
    if (this.types === undefined) return;
    clearTimeout(this.types);
    this.types = undefined;
    this.changed();
  }

  /* Words that were clicked, by lines: each line is a cell of the row that stands there. */
  take(page, words, isAdding) {
    this.taking = this.taking.then(() => this.taken(page, words, isAdding));
    return this.taking;
  }

  async taken(page, words, isAdding) {
    clearTimeout(this.waits);
    const lines = [];
    for (const word of words) {
      const last = lines.at(-1);
      if (last && overlap(last[0][2], last[0][4], word[2], word[4]) > 0.4 * (word[4] - word[2])) last.push(word);
      else lines.push([word]);
    }
    const cells = lines.map((line) => ({value: line.map((w) => w[0]).join(" "), text: line.map((w) => w[0]).join(" "), boxes: boxesOfWords(page, line)}));
    if (!cells.length) return;
    if (isAdding && this.last && this.rows.includes(this.last.row)) {
      for (const cell of cells) this.put(this.last.row, this.last.column, cell, true);
    } else {
      const column = await this.columnAt(page, cells);
      for (const cell of cells) this.put(this.rowAt(page, cell, true), column, cell, isAdding);
    }
    this.rows.sort((one, other) => this.top(one) - this.top(other));
    this.claimed(this);
    this.render();
    this.changed();
    this.readOn();
  }

  /* Which column words belong to. Only what a person chose, or was read when the page came, says where the columns stand:
     what was read like it is read again after each click. */
  async columnAt(page, cells) {
    const [x0, , x1] = extent(cells.flatMap((cell) => cell.boxes)), row = this.rowAt(page, cells[0], false);
    const drawn = this.rows.filter((one) => placesOf(one, (cell) => cell && !isLike(cell)).length);
    const first = drawn[0], isFirst = !first || row === first;
    const within = (column, counts, rows) => Math.max(-1, ...rows.map((one) => (counts(one.cells[column]) ? besides(one.cells[column].boxes, x0, x1) : -1)));
    const best = (counts, rows, fits = () => true) => {
      const found = this.columns.map((column, at) => (fits(column, at) ? within(at, counts, rows) : -1));
      const most = Math.max(-1, ...found);
      return most > MARGIN ? found.indexOf(most) : -1;
    };
    const hasPlace = (at) => this.rows.some((one) => one.cells[at] && !isLike(one.cells[at]) && one.cells[at].boxes.length);
    const isFree = (at) => !row?.cells[at]?.value || isLike(row.cells[at]);
    const own = row ? best(isOwn, [row]) : -1;
    if (own >= 0) return own;

    const said = await this.ask({text: cells[0].value, type: "", place: JSON.stringify(this.underHeader(page, cells, first)), cell: "1"});
    const isUnder = ({header}) => !header || !said?.label || header === said.label;
    const isOpen = (column, at) => isUnder(column) && (!isFirst || isFree(at) || (row && besides(row.cells[at].boxes, x0, x1) > MARGIN));
    const focus = this.focus;
    let column = -1;
    if (focus && (focus.row === row || (!row && !placesOf(focus.row).length)) && isFree(focus.column)) column = focus.column;
    else if (this.chosen !== null && this.columns[this.chosen] && (!hasPlace(this.chosen) || (isFirst && isFree(this.chosen)))) column = this.chosen;
    if (column < 0) column = best(isOwn, drawn, isOpen);
    if (column < 0) column = best((cell) => cell && !isLike(cell), drawn, isOpen);
    if (column < 0) {
      const lefts = this.columns.map((_, at) => extent(drawn.flatMap((one) => (one.cells[at] && !isLike(one.cells[at]) ? one.cells[at].boxes : [])))[0]);
      column = lefts.filter((left) => left < x0).length;
      this.columns.splice(column, 0, {name: "", type: "text"});
      for (const one of this.rows) one.cells.splice(column, 0, null);
      if (this.chosen !== null && this.chosen >= column) this.chosen += 1;
      if (focus && focus.column >= column) focus.column += 1;
    } else if (column === this.chosen) {
      const next = this.columns.findIndex((_, at) => at > column && !hasPlace(at));
      this.chosen = next > 0 ? next : null;
    }
    const filled = this.columns[column];
    if (filled.header === undefined && !hasPlace(column)) {
      filled.header = said?.label || "";
      filled.name ||= filled.header;
      const known = filled.name ? knownAs("known-columns", filled.name, this.name.value) : null;
      if (!filled.isTyped) filled.type = known?.type || said?.type || "text";
    }
    return column;
  }

  /* The place by which to ask what is printed over a column: level with the first row, where that stands on the page. */
  underHeader(page, cells, first) {
    const {box} = cells[0].boxes[0], places = first ? placesOf(first, (cell) => cell && !isLike(cell)).filter((one) => one.page === page) : [];
    if (!places.length) return {page, box};
    const [, top, , bottom] = extent(places);
    return top < box[1] ? {page, box: [box[0], top, box[2], bottom]} : {page, box};
  }

  /* The row that stands where a cell does; isMaking: a new one where none does, else null. */
  rowAt(page, cell, isMaking) {
    const [, top, , bottom] = extent(cell.boxes);
    const found = this.rows.find((row) => placesOf(row).some((b) => b.page === page && overlap(b.box[1], b.box[3], top, bottom) > 0.4 * (bottom - top)));
    if (found || !isMaking) return found || null;
    if (this.focus && this.rows.includes(this.focus.row) && !placesOf(this.focus.row).length) return this.focus.row;
    const row = {cells: this.columns.map(() => null)};
    this.rows.push(row);
    return row;
  }

  /* Words are in one cell of a row: what was read by itself gives them up. */
  put(row, column, cell, isAdding) {
    const before = row.cells[column];
    row.cells = row.cells.map((other, at) => {
      if (at === column || !other || isOwn(other) || !other.boxes.some((one) => cell.boxes.some((b) => share(one, b)))) return other;
      return without(other, cell);
    });
    row.cells[column] = isAdding && before
      ? {value: `${before.value} ${cell.value}`, text: `${before.text} ${cell.text}`, boxes: [...before.boxes, ...cell.boxes]}
      : cell;
    this.last = {row, column};
    if (this.focus?.row === row && this.focus.column === column) this.focus = null;
  }

  top(row) {
    const boxes = row.cells.flatMap((cell) => cell?.boxes || []);
    return boxes.length ? boxes[0].page + extent(boxes)[1] : Infinity;
  }

  /* The rest of the table, read like the cells that are given. */
  readOn() {
    clearTimeout(this.waits);
    this.waits = setTimeout(() => { this.taking = this.taking.then(() => this.readLike()); }, PAUSE_MS);
  }

  async readLike() {
    const given = this.rows.map(({cells}) => cells.map((cell) => (cell?.value && !isLike(cell) ? cell : null))).filter((cells) => cells.some((cell) => cell?.boxes.length));
    if (!given.length || this.columns.length < 2) return;
    const asked = this.rows, width = this.columns.length, found = await this.below(this.columns.map((c) => c.type), given);
    if (!found || this.rows !== asked || this.columns.length !== width) return;
    const places = this.elsewhere(this), end = found.rows.findIndex((cells) => standsIn(cells, places));
    const count = this.merge(end < 0 ? found.rows : found.rows.slice(0, end));  // where another table begins, this one has ended
    this.tell(count ? this.says(count === 1 ? "row" : "rows").replace("{n}", count) : "");
    this.claimed(this);
    this.render();
    this.changed({follows: true});
  }

  /* Rows that were read, instead of those read before: they fill what is free in rows that stand there already, the others
     are new. Returns how many are new. */
  merge(read) {
    const kept = this.rows.filter((row) => !isAuto(row));
    const levels = (cells) => cells.flatMap((cell) => cell?.boxes || []);
    const isLevel = (one, other) => one.some((a) => other.some((b) => a.page === b.page && overlap(a.box[1], a.box[3], b.box[1], b.box[3]) > 0.4 * (b.box[3] - b.box[1])));
    const loadedEnd = Math.max(-1, ...kept.filter(({cells}) => cells.some((cell) => cell?.isRead)).map((row) => this.top(row)).filter(Number.isFinite));
    const made = [];
    for (const cells of read) {
      const row = kept.find((one) => isLevel(levels(one.cells), levels(cells)));
      if (row) {
        const sure = placesOf(row, (cell) => cell && !isLike(cell));
        row.cells = row.cells.map((cell, at) => (cell && !isLike(cell) ? cell : standsIn([cells[at]], sure) ? null : cells[at]));
      } else if (this.top({cells}) > loadedEnd && !standsIn(cells, this.dropped)) {
        made.push({cells});
      }
    }
    this.rows = [...kept, ...made].sort((one, other) => this.top(one) - this.top(other));
    return made.length;
  }

  /* Give up what was read by itself from where another table begins. */
  cede(places) {
    const end = this.rows.findIndex((row) => isAuto(row) && standsIn(row.cells, places));
    if (end < 0) return;
    this.rows = this.rows.filter((row, at) => !isAuto(row) || at < end);
    this.render();
  }

  clicked(target) {
    const at = (cell) => [...cell.parentElement.children].indexOf(cell);
    if (target.closest("[data-drop-column]")) {
      const column = at(target.closest("th"));
      this.columns.splice(column, 1);
      Object.assign(this, {chosen: null, focus: null, last: null});
      for (const row of this.rows) row.cells.splice(column, 1);
      if (!this.columns.length) this.rows = [];
    } else if (target.closest("[data-drop-row]")) {
      const [row] = this.rows.splice(at(target.closest("tr")), 1);
      this.dropped = [...this.dropped, ...placesOf(row)];
    } else if (target.closest("[data-add-column]")) {
      this.columns.push({name: "", type: "text"});
      for (const row of this.rows) row.cells.push(null);
    } else if (target.closest("[data-add-row]")) {
      this.rows.push({cells: this.columns.map(() => null)});
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
    const row = cell.matches("td") && this.chosen !== null ? this.rows[[...cell.closest("tbody").children].indexOf(cell.parentElement)] : null;
    this.focus = row ? {row, column} : null;
    if (this.chosen !== null && target.matches("input, select")) this.claimClicks(this);
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
        if (known) { Object.assign(column, {type: known.type, isTyped: true}); heading.querySelector("[data-type]").value = known.type; }
      } else {
        Object.assign(column, {type: input.value, isTyped: true});
      }
    } else {
      const cell = input.closest("td"), row = this.rows[at(cell.parentElement)];
      const before = row.cells[at(cell)];
      const value = input.value.trim();
      row.cells[at(cell)] = {value, text: value && before?.text || "", boxes: value && before?.text?.includes(value) ? before.boxes : []};
    }
    this.offer();
    clearTimeout(this.types);
    this.types = setTimeout(() => this.flush(), PAUSE_MS);
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

  /* Where the caret is within the cells, to be put back there when they are drawn anew. */
  caret() {
    const input = document.activeElement, cell = this.box.contains(input) ? input.closest("th, td") : null;
    if (!cell) return () => {};
    const column = this.columns[[...cell.parentElement.children].indexOf(cell)];
    const row = cell.matches("td") ? this.shown[[...cell.closest("tbody").children].indexOf(cell.parentElement)] : null;
    const kind = ["data-name", "data-type", "data-cell"].find((name) => input.hasAttribute(name));
    const [start, end] = input.matches("input") ? [input.selectionStart, input.selectionEnd] : [];
    return () => {
      const at = this.columns.indexOf(column);
      const line = row ? this.box.querySelectorAll("tbody tr")[this.rows.indexOf(row)] : this.box.querySelector("thead tr");
      const again = kind && at >= 0 ? line?.children[at]?.querySelector(`[${kind}]`) : null;
      if (!again) return;
      const {chosen, focus} = this;
      again.focus();
      if (again.matches("input")) again.setSelectionRange(start, end);
      Object.assign(this, {chosen, focus});  // what a click has filled is filled
    };
  }

  render() {
    const putBack = this.caret();
    this.shown = this.rows.slice();
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
      line.classList.toggle("auto", isAuto(row));
      line.append(...this.columns.map(({name}, at) => {
        const cell = make("studio-cell"), input = cell.querySelector("input");
        input.value = row.cells[at]?.value || "";
        input.setAttribute("aria-label", `${name || input.getAttribute("aria-label")} ${number + 1}`);
        return cell;
      }), make("studio-row-end"));
      return line;
    }));
    putBack();
    this.drawn();
  }
}
