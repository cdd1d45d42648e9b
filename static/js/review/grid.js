/* Line items as a grid with the keys of a spreadsheet. Rows are never changed, only replaced, so that undo keeps them.
   A row maps column keys to cells {value, text, boxes, mark, remarks, failed}; mark: "look", "wrong", "person", or none. */

import {shortcutKey} from "./keys.js";
import {boxesOfWords} from "./pages.js";
import {isSameCorrected} from "./same.js";
import {isInView} from "./sight.js";
import {SUMMED, sumsOf} from "./sums.js";

const NUMERIC = new Set(["amount", "number", "percentage"]);
const LONG = 12;  // characters of a text, from which its column is kept wide, and no other part of a document repeats it
const WHOLE = /^(?=\S*\d)\S{1,24}$/;  // a date, a number or an identifier of one word: it never stands on two lines
const IS_NUMBER = /^\D{0,4}\d[\d.,'\s]*\D{0,4}$/;  // with a sign, a currency or a unit at most
const LITTLE = 0.08;  // of the width of the pages, which a table takes as its document is opened, so that nothing moves later
const MOST_WIDTH = "55%";  // of the page, that a table which needs the room may take
const DOUBLE_CLICK_MS = 500;  // within which nothing moves below the pointer
const LEVEL = 0.4;  // of the height of a place, which it shares with a row that it stands in

const make = (tag, attributes = {}, text = "") => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.textContent = text;
  return element;
};

export class Grid {
  /* ask({key, text, find}): what the server says of a text. onward(): to what needs a person next, outside of this table. */
  constructor(section, {pages, history, changed, total, like, says, ask, onward, isReadOnly}) {
    Object.assign(this, {section, pages, history, changed, total, like, says, ask, onward, isReadOnly});
    this.frame = section.querySelector("[data-frame]");
    this.columns = JSON.parse(section.dataset.columns);
    this.input = section.querySelector("[data-rows]");
    this.rows = JSON.parse(this.input.value || "[]");
    this.at = [0, 0];
    this.filled = null;  // what was filled by the last click, and where that led to
    this.isTouched = section.hasAttribute("data-typed");
    this.editor = null;
    this.fails = new Map();  // cells that fail a check as they stand now -> the sentence
    this.nowhere = new Set();  // cells with a value that the document does not print
    this.accepted = new WeakMap();  // cells -> the sentence that a person has read and let stand
    this.isSeen = false;  // what is said of the table as a whole
    this.folded = new Set();  // numbers of columns that are empty in all rows, and not shown
    this.isUnfolded = !("folds" in section.dataset);
    this.render();
    this.widen({most: LITTLE});
    this.judge();
    this.checkSums();
    section.addEventListener("keydown", (event) => this.key(event));
    section.addEventListener("click", (event) => this.clicked(event));
    section.addEventListener("dblclick", (event) => { if (event.target.closest("td[data-column]")) this.edit(); });
    section.addEventListener("focusout", (event) => {
      if (this.editor && event.target === this.editor) this.commit();
      if (!section.contains(event.relatedTarget)) this.pages.draw("cell", []);
    });
  }

  get isActive() { return this.section.contains(document.activeElement); }
  get needs() { return this.needCount > 0; }
  get shown() { return this.columns.map((_, number) => number).filter((number) => !this.folded.has(number)); }
  cell([row, column]) { return this.rows[row]?.[this.columns[column].key]; }
  td([row, column]) { return this.body.rows[row]?.cells[column + 1]; }

  /* --- drawing --------------------------------------------------------------------------------------------------- */
  render() {
    const table = make("table", {role: "grid", "aria-rowcount": this.rows.length + 1, "aria-label": this.section.querySelector("h2").firstChild.textContent.trim()});
    const head = table.createTHead().insertRow();
    this.fold();
    head.append(make("th", {scope: "col", class: "row-number"}, "#"));
    this.columns.forEach((column, number) => {
      const heading = make("th", {scope: "col", class: NUMERIC.has(column.type) ? "number" : ""}, column.label);
      heading.hidden = this.folded.has(number);
      head.append(heading);
    });
    this.body = table.createTBody();
    this.rows.forEach((_, row) => this.body.append(this.renderRow(row)));
    this.frame.replaceChildren(table);
    if (!this.rows.length) this.frame.append(make("p", {class: "soft small none"}, this.says("noRows")));
    this.frame.tabIndex = this.rows.length ? -1 : 0;
    this.section.querySelector("[data-count]").textContent = this.rows.length;
    this.sayLacking();
    this.markReachable();
  }

  /* What is said of a table in which no row was read is not true of one that has rows, nor what is said of a column in which
     nothing was, of one that has something. */
  sayLacking() {
    this.section.querySelectorAll(":scope > [data-lacking]").forEach((line) => {
      const {lacking: key} = line.dataset;
      line.hidden = key ? !this.rows.length || this.rows.some((row) => row[key]?.value?.trim()) : this.rows.length > 0;
    });
  }

  /* Which columns hold long texts, and which are not shown. */
  fold() {
    const longest = this.columns.map(({key}) => Math.max(0, ...this.rows.map((row) => row[key]?.value?.length ?? 0)));
    this.long = new Set([...this.columns.keys()].filter((number) => longest[number] > LONG && !NUMERIC.has(this.columns[number].type)));
    const empty = [...this.columns.keys()].filter((number) => !longest[number] && this.columns[number].key !== SUMMED);
    const canFold = "folds" in this.section.dataset && this.rows.length > 0 && empty.length > 0 && empty.length < this.columns.length;
    this.folded = new Set(canFold && !this.isUnfolded ? empty : []);
    const tool = this.section.querySelector("[data-do=columns]");
    tool.hidden = !canFold;
    tool.setAttribute("aria-pressed", String(this.isUnfolded));
    tool.querySelector("[data-names]").textContent = empty.map((number) => this.columns[number].label).join(", ");
  }

  renderRow(row) {
    const line = make("tr");
    line.append(make("th", {scope: "row", class: "row-number"}, String(row + 1)));
    this.columns.forEach((column, number) => {
      const td = make("td", {"data-column": number, tabindex: "-1", class: NUMERIC.has(column.type) ? "number" : this.long.has(number) ? "text long" : "text"});
      td.hidden = this.folded.has(number);
      line.append(td);
      this.show(td, this.rows[row][column.key]);
    });
    return line;
  }

  show(td, cell) {
    const isWrong = this.isWrong(cell), isMarked = this.isMarked(cell), why = this.why(cell);
    td.textContent = cell?.value ?? "";
    td.classList.toggle("wrong", isWrong);
    td.classList.toggle("look", isMarked && !isWrong);
    td.classList.toggle("whole", WHOLE.test(cell?.value ?? ""));
    td.classList.toggle("nowhere", this.nowhere.has(cell));
    td.title = why || (this.nowhere.has(cell) ? this.section.querySelector("[data-cell-nowhere]").textContent : "");
    if (!isMarked && cell?.mark !== "person") return;
    const kind = isWrong ? "wrong" : isMarked ? "look" : "person";
    td.prepend(make("span", {class: `mark mark-${kind}`, role: "img", "aria-label": why || this.says(kind)}, {wrong: "✗", look: "▲", person: "✓"}[kind]));
  }

  /* How often it needs a person: the cells that are marked; where none is, what is said of the whole and nobody has read. */
  judge() {
    const marked = this.rows.reduce((sum, row) => sum + Object.values(row).filter((cell) => this.isMarked(cell)).length, 0);
    this.needCount = marked || Math.min(this.remarks.length, 1);
    this.section.classList.toggle("needs", this.needs);
  }

  /* What stands there now fails checks ({name of the cell: sentence}): it needs a person until one looks at it.
     isSettled: whether a sentence of the page is true no more. nowhere: names of cells whose value the document does not
     print. */
  check(failed, isSettled, nowhere) {
    this.section.querySelectorAll(":scope > [data-remark]").forEach((line) => { line.hidden = isSettled(line.textContent); });
    this.sayLacking();
    const found = new Map(), unprinted = new Set();
    this.rows.forEach((row, number) => {
      for (const [key, cell] of Object.entries(row)) {
        const why = failed[`${this.input.name}:${number}:${key}`];
        if (why) found.set(cell, why);
        if (nowhere.includes(`${this.input.name}:${number}:${key}`)) unprinted.add(cell);
      }
    });
    const before = this.fails, {nowhere: wasNowhere} = this;
    Object.assign(this, {fails: found, nowhere: unprinted});
    this.rows.forEach((row, number) => this.columns.forEach(({key}, column) => {
      const cell = row[key], isEdited = this.editor && number === this.at[0] && column === this.at[1];
      const isOther = before.get(cell) !== found.get(cell) || wasNowhere.has(cell) !== unprinted.has(cell);
      if (cell && isOther && !isEdited) this.show(this.td([number, column]), cell);
    }));
    if (this.isActive) this.sayWhy();
    this.judge();
  }

  isFailing(cell) { return this.fails.has(cell) && this.fails.get(cell) !== this.accepted.get(cell); }
  isWrong(cell) { return Boolean(cell?.mark === "wrong" || cell?.failed || this.isFailing(cell)); }
  isMarked(cell) { return cell?.mark === "look" || this.isWrong(cell); }
  why(cell) { return [this.fails.get(cell) || cell?.failed, ...cell?.remarks || []].filter(Boolean).join("\n"); }

  /* What is wrong with the chosen cell, for who cannot point at it. */
  sayWhy() {
    const line = this.section.querySelector("[data-cell-why]"), cell = this.cell(this.at), why = this.why(cell);
    line.textContent = `${this.isWrong(cell) ? "✗" : "▲"} ${why}`;
    line.hidden = !why;
    this.section.querySelector("[data-cell-nowhere]").hidden = !this.nowhere.has(cell);
  }

  /* One cell can be reached with Tab, the others with the arrows. */
  markReachable() {
    this.body.querySelector("td[tabindex='0']")?.setAttribute("tabindex", "-1");
    this.td(this.at)?.setAttribute("tabindex", "0");
  }

  showBoxes() {
    const row = this.rows[this.at[0]] || {}, here = this.columns[this.at[1]].key;
    const boxes = Object.entries(row).flatMap(([key, cell]) => (cell.boxes || []).map((place) => ({...place, kind: key === here ? "chosen" : ""})));
    this.pages.draw("cell", boxes);
    const first = boxes.find((place) => place.kind) || boxes[0];
    if (first) this.pages.show(first);
  }

  go([row, column]) {
    if (row < 0 || row >= this.rows.length || column < 0 || column >= this.columns.length) return false;
    this.at = [row, this.folded.has(column) ? this.shown.find((one) => one > column) ?? this.shown.at(-1) : column];
    this.markReachable();
    this.td(this.at).focus({preventScroll: true});
    this.bringIntoView();
    this.sayWhy();
    this.showBoxes();
    return true;
  }

  bringIntoView() { this.td(this.at).scrollIntoView({block: "nearest", inline: "nearest"}); }

  /* Whether the chosen cell can be seen: nobody says that what they cannot see is right. */
  get isInView() { return isInView(this.td(this.at)); }

  /* What is marked, see Sight: cells, and what is said of the whole. */
  get marks() {
    const cells = this.rows.flatMap((cells, row) => this.columns.flatMap(({key}, column) => {
      const what = cells[key];
      return this.isMarked(what) ? [{element: this.td([row, column]), what, show: () => this.focus([row, column])}] : [];
    }));
    return [...cells, ...this.remarks.map((line) => ({element: line, what: line, show: () => this.focus(this.cellOf(line)), isLacking: "lacking" in line.dataset}))];
  }

  /* What is said of the table as a whole, and nobody has read. */
  get remarks() { return this.isSeen ? [] : [...this.section.querySelectorAll(":scope > [data-remark]:not([hidden])")]; }

  /* The first cell of a column of which a line says that nothing was read there; null of other lines. */
  cellOf(line) {
    const column = this.columns.findIndex(({key}) => key === line?.dataset.lacking);
    return column < 0 || !this.rows.length ? null : [0, column];
  }

  /* To the first cell that needs a person, else to the first one, or to that one. A table without rows is gone to itself. */
  focus(at = null) {
    if (!this.rows.length) {
      this.frame.focus({preventScroll: true});
      this.section.scrollIntoView({block: "nearest"});
      return;
    }
    this.widen();
    this.section.scrollIntoView({block: "nearest"});
    this.go(at || this.nextMarked([-1, this.columns.length - 1]) || this.cellOf(this.remarks[0]) || [0, this.shown[0]]);
  }

  /* Who goes to the table gets the room that its columns need, and keeps it: nothing moves as they leave it. most: of the
     width of the pages, that it may take now; where it needs more, it gets none. */
  widen({most = 1} = {}) {
    const table = this.frame.querySelector("table"), review = this.section.closest(".review"), pane = this.section.closest(".fields");
    if (getComputedStyle(review).display !== "grid") return;  // the table has the whole width
    table.style.width = "max-content";
    const wanted = Math.ceil(table.getBoundingClientRect().width) + 1 + pane.offsetWidth - this.frame.clientWidth;
    table.style.width = "";
    const more = wanted - pane.offsetWidth;
    if (more <= 0 || more > most * this.pages.root.clientWidth) return;
    this.pages.keepMiddle(() => review.style.setProperty("--fields", `max(${pane.offsetWidth}px, min(${wanted}px, ${MOST_WIDTH}))`));
  }

  /* The next cell that needs a person, row by row behind a place and then from the start; null where none does. */
  nextMarked([row, column]) {
    const width = this.columns.length, size = this.rows.length * width, from = row * width + column;
    for (let step = 1; step <= size; step += 1) {
      const number = (from + step) % size, at = [Math.floor(number / width), number % width];
      if (this.isMarked(this.cell(at))) return at;
    }
    return null;
  }

  /* A person has looked at the chosen cell: it is right. */
  accept() {
    const cell = this.cell(this.at);
    if (!this.isMarked(cell)) return;
    const {value, text, boxes} = cell, seen = {value, ...text && {text}, ...boxes && {boxes}, mark: "person"};
    if (this.fails.has(cell)) {
      this.accepted.set(seen, this.fails.get(cell));
      this.fails.set(seen, this.fails.get(cell));
    }
    this.setCell(this.at, seen);
  }

  /* This cell is right. On to the next one that needs a person; where none does, after typing a row down, else out of the
     table. */
  enter() {
    const wasEdited = Boolean(this.editor);
    if (this.rows.length) {
      if (!wasEdited && !this.isInView && this.broughtAt !== this.at) {
        this.broughtAt = this.at;
        this.bringIntoView();
        return;
      }
      this.commit();
      if (!this.isReadOnly()) this.accept();
      const [row, column] = this.at, next = this.nextMarked(this.at);
      if (next) { this.go(next); return; }
      if (wasEdited && this.go([row + 1, column])) return;
    }
    this.isSeen = true;
    this.judge();
    this.changed();
    this.onward();
  }

  /* --- changing -------------------------------------------------------------------------------------------------- */
  /* Take new rows; only: the one cell that differs, so that a long table is not drawn anew for it, and what is said of the
     table as a whole is not read by that. */
  take(rows, {only = null, isRestored = false} = {}) {
    if (!isRestored) this.history.record(this.input.name, this.rows, rows);
    this.isTouched = true;
    if (!isRestored && !only) this.isSeen = true;
    this.rows = rows;
    this.input.value = JSON.stringify(rows);
    if (only) {
      this.show(this.td(only), this.cell(only));
      this.sayLacking();
    } else {
      this.render();
    }
    this.judge();
    this.changed();  // which checks the sums too
  }

  /* Put in what was read meanwhile, the table in `fresh`, unless somebody has begun with this one. */
  fillIn(fresh) {
    const {section} = this, other = fresh.querySelector(`[data-grid="${CSS.escape(section.dataset.grid)}"]`);
    if (!other || this.isTouched) return;
    section.querySelector("h2").after(...other.querySelectorAll(":scope > [data-remark]"));
    section.dataset.printed = other.dataset.printed;
    this.input.value = other.querySelector("[data-rows]").value;
    this.rows = JSON.parse(this.input.value || "[]");
    this.render();
    this.judge();
    this.checkSums();
  }

  restore(rows) {
    this.take(rows, {isRestored: true});
    this.at = [Math.min(this.at[0], Math.max(0, rows.length - 1)), this.at[1]];
    if (rows.length) this.go(this.at);
  }

  setCell([row, column], cell, {isRestored = false} = {}) {
    const key = this.columns[column].key, rows = [...this.rows];
    rows[row] = {...rows[row]};
    if (cell) rows[row][key] = cell;
    else delete rows[row][key];
    this.take(rows, {only: row < this.rows.length ? [row, column] : null, isRestored});
  }

  /* A cell as a person says it; ✓ shows that it was marked before. */
  said(cell) { return this.isMarked(this.cell(this.at)) || this.cell(this.at)?.mark === "person" ? {...cell, mark: "person"} : cell; }

  /* What a text means stands in its cell at once; of one that was typed, its place is found: the only one on a line with its
     row, or of a long text in a row that has no place yet, the only one. That is one step with what was typed. */
  async understand(column, cell, {find = false} = {}) {
    const {key} = this.columns[column], {value, text, boxes} = cell;
    const found = await this.ask({key: `${this.section.dataset.grid}.${key}`, text: value, find: find ? "1" : ""});
    const row = this.rows.findIndex((cells) => cells[key] === cell);
    if (!found || found.error || row < 0 || !this.section.isConnected) return;
    const isPlaced = this.boxesOf(row).length > 0, isLong = value.length > LONG;
    const place = this.only(found.places.filter((one) => (isPlaced ? this.isLevel(row, one.boxes) : isLong)));
    if (found.value === value && !place) return;
    const meant = {...cell, value: found.value, text: place?.text ?? (text || value), boxes: place?.boxes ?? boxes};
    if (this.accepted.has(cell)) this.accepted.set(meant, this.accepted.get(cell));
    const isEdited = this.editor && this.at[0] === row && this.at[1] === column;
    if (isEdited) return;
    const {rows} = this;
    this.setCell([row, column], meant, {isRestored: true});
    this.history.amend(this.input.name, rows, this.rows);
    if (this.isActive && this.at[0] === row) this.showBoxes();
  }

  only(found) { return found.length === 1 ? found[0] : undefined; }

  boxesOf(row) { return Object.values(this.rows[row]).flatMap((cell) => cell.boxes || []); }

  /* Whether places stand on a line with other cells of the row. */
  isLevel(row, places) {
    const others = this.boxesOf(row);
    return places.some(({page, box}) => others.some((other) => other.page === page && Math.min(box[3], other.box[3]) - Math.max(box[1], other.box[1]) > LEVEL * (box[3] - box[1])));
  }

  /* Fill the chosen cell and go on to the next column; or, from a word that stands below the one that was clicked just
     before, fill the cell below that one, and go on down its column. */
  fillWith(words, page, {isAdding = false} = {}) {
    const text = words.map((w) => w[0]).join(" "), boxes = boxesOfWords(page, words), meant = isAdding ? null : this.cellMeant(text, boxes);
    this.cancel();
    if (!this.rows.length) this.at = [0, this.at[1]];
    if (meant) this.at = meant.at;
    const [row, column] = this.at, before = this.cell(this.at), isMore = isAdding && before?.value;
    const cell = this.said(isMore
      ? {value: `${before.value} ${text}`, text: `${before.text || before.value} ${text}`, boxes: [...(before.boxes || []), ...boxes]}
      : {value: text, text, boxes});
    this.setCell(this.at, cell);
    this.understand(column, cell);
    if (isMore) { this.showBoxes(); return; }
    const isDown = Boolean(meant?.isDown);
    this.go(isDown && row + 1 < this.rows.length ? [row + 1, column] : this.behind([row, column]));
    this.filled = {at: [row, column], to: this.at, boxes, isDown};
  }

  behind([row, column]) { return [row, this.shown.find((one) => one > column) ?? column]; }

  /* The cell that a click means by its place, where nobody went elsewhere since the last one: {at, isDown}. isDown: what is
     clicked stands below what was clicked last, in the same columns of the page, a number below a number, and on the line of
     the next row, if that has a place; there may be none yet. After that, what stands on the line of the last one goes into
     the next column. null where the chosen cell is meant. */
  cellMeant(text, boxes) {
    if (this.filled?.to !== this.at) return null;
    const {at: [row, column], boxes: [{page, box}], isDown} = this.filled, [{page: ofPage, box: now}] = boxes;
    if (page !== ofPage) return null;
    const middle = (box[1] + box[3]) / 2, isBelow = now[1] >= middle && now[0] < box[2] && now[2] > box[0];
    if (isDown && now[1] < middle && now[3] > middle && now[0] >= box[2]) return {at: this.behind([row, column]), isDown: false};
    if (!isBelow || NUMERIC.has(this.columns[column].type) !== IS_NUMBER.test(text)) return null;
    const isPlaced = row + 1 < this.rows.length && this.boxesOf(row + 1).length > 0;
    return isPlaced && !this.isLevel(row + 1, boxes) ? null : {at: [row + 1, column], isDown: true};
  }

  add() {
    const at = this.rows.length ? this.at[0] + 1 : 0;
    this.take(this.rows.toSpliced(at, 0, {}));
    this.go([at, 0]);
  }

  remove() {
    if (!this.rows.length) return;
    this.take(this.rows.toSpliced(this.at[0], 1));
    if (!this.go([Math.min(this.at[0], this.rows.length - 1), this.at[1]])) this.frame.focus({preventScroll: true});
  }

  /* Show the columns that are empty, or no more. */
  unfold() {
    this.isUnfolded = !this.isUnfolded;
    this.render();
    if (this.rows.length) this.go(this.at);
  }

  /* While a cell is edited its text is divided at the caret; else what stands on lower lines goes to a row of its own. */
  split() {
    const [row, column] = this.at, upper = {}, lower = {};
    if (this.editor) {
      const key = this.columns[column].key, {value, selectionStart} = this.editor;
      this.cancel();
      Object.assign(upper, this.rows[row], {[key]: {value: value.slice(0, selectionStart).trim()}});
      lower[key] = {value: value.slice(selectionStart).trim()};
    } else {
      const edges = Object.values(this.rows[row] || {}).flatMap((cell) => cell.boxes || []).map((place) => place.page + (place.box[1] + place.box[3]) / 2);
      const middle = (Math.min(...edges) + Math.max(...edges)) / 2;
      for (const [key, cell] of Object.entries(this.rows[row] || {})) {
        const isLow = (place) => place.page + (place.box[1] + place.box[3]) / 2 > middle;
        const parts = [(cell.boxes || []).filter((place) => !isLow(place)), (cell.boxes || []).filter(isLow)];
        if (!parts[1].length) upper[key] = cell;
        else if (!parts[0].length) lower[key] = cell;
        else [upper[key], lower[key]] = parts.map((boxes) => { const text = this.textOf(boxes); return {value: text, text, boxes}; });
      }
    }
    this.take(this.rows.toSpliced(row, 1, upper, lower));
    this.go([row + 1, column]);
  }

  textOf(boxes) {
    return boxes.map(({page, box}) => (this.pages.words.get(page) || []).filter(([, x0, y0, x1, y1]) => {
      const [x, y] = [(x0 + x1) / 2, (y0 + y1) / 2];
      return x >= box[0] && x <= box[2] && y >= box[1] && y <= box[3];
    }).map((w) => w[0]).join(" ")).join(" ");
  }

  /* One row of this and the next: texts are joined, of numbers the first that is there stays. */
  merge() {
    const [row, column] = this.at, one = this.rows[row], other = this.rows[row + 1];
    if (!one || !other) return;
    const merged = {};
    for (const {key, type} of this.columns) {
      const [a, b] = [one[key], other[key]];
      if (!a?.value || !b?.value || NUMERIC.has(type)) {
        if (a?.value || b?.value) merged[key] = a?.value ? a : b;
      } else {
        merged[key] = {value: `${a.value} ${b.value}`, text: `${a.text || a.value} ${b.text || b.value}`, boxes: [...(a.boxes || []), ...(b.boxes || [])]};
      }
    }
    this.take(this.rows.toSpliced(row, 2, merged));
    this.go([row, column]);
  }

  /* --- editing a cell -------------------------------------------------------------------------------------------- */
  edit(start = null) {
    const td = this.td(this.at);
    if (!td || this.editor || this.isReadOnly()) return;
    const column = this.columns[this.at[1]], isLong = this.long.has(this.at[1]);
    const editor = make(isLong ? "textarea" : "input", {"aria-label": column.label, autocomplete: "off", spellcheck: "false", ...isLong && {rows: 1}});
    editor.value = start ?? this.cell(this.at)?.value ?? "";
    td.replaceChildren(editor);
    this.editor = editor;
    editor.focus();
    if (start === null) editor.select();
    editor.addEventListener("input", () => this.checkSums());
  }

  commit() {
    if (!this.editor) return;
    const {value} = this.editor, before = this.cell(this.at), typed = value.trim();
    this.editor = null;
    if (typed === (before?.value ?? "")) { this.show(this.td(this.at), before); return; }
    if (!typed) { this.setCell(this.at, null); return; }
    const isPlaced = Boolean(before?.boxes?.length) && isSameCorrected(typed, before.text || before.value);
    const cell = this.said({value: typed, text: isPlaced ? before.text || before.value : "", boxes: isPlaced ? before.boxes : []});
    this.setCell(this.at, cell);
    this.understand(this.at[1], cell, {find: !isPlaced});
  }

  cancel() {
    if (!this.editor) return;
    this.editor = null;
    this.show(this.td(this.at), this.cell(this.at));
    this.checkSums();
  }

  /* --- sums ------------------------------------------------------------------------------------------------------ */
  text(row, key) {
    const isHere = this.editor && row === this.at[0] && this.columns[this.at[1]].key === key;
    return isHere ? this.editor.value : this.rows[row]?.[key]?.value ?? "";
  }

  checkSums() {
    const keys = ["quantity", "unit_price", SUMMED];
    const texts = this.rows.map((cells, row) => ({
      ...Object.fromEntries(keys.map((key) => [key, this.text(row, key)])), hasDiscount: Object.keys(cells).some((key) => key.includes("discount")),
    }));
    const {off, said, isOff} = sumsOf(texts, this.total, JSON.parse(this.section.dataset.printed || "{}"));
    off.forEach((isRowOff, row) => this.body.rows[row]?.classList.toggle("off", isRowOff));
    const line = this.section.querySelector("[data-sums]"), hasAmounts = this.columns.some((c) => c.key === SUMMED);
    line.textContent = hasAmounts ? said : "";
    line.classList.toggle("wrong", hasAmounts && isOff);
  }

  /* --- keys ------------------------------------------------------------------------------------------------------ */
  clicked(event) {
    const tool = event.target.closest("[data-do]"), td = event.target.closest("td[data-column]"), theirs = event.target.closest("[data-take-rows]");
    if (theirs) { this.take(JSON.parse(theirs.dataset.takeRows)); return; }
    if (tool && (!this.isReadOnly() || tool.dataset.do === "columns")) this.do(tool.dataset.do);
    if (td) setTimeout(() => { if (this.isActive) this.widen(); }, DOUBLE_CLICK_MS);
    if (td && !td.contains(this.editor)) this.go([td.parentElement.sectionRowIndex, Number(td.dataset.column)]);
  }

  do(what) {
    if (what !== "split") this.commit();
    ({add: () => this.add(), remove: () => this.remove(), split: () => this.split(), merge: () => this.merge(), fill: () => this.like(this), columns: () => this.unfold()})[what]();
  }

  key(event) {
    const {key} = event, printed = shortcutKey(event), [row, column] = this.at;
    const tools = {Insert: "add", Delete: "remove", s: "split", m: "merge", f: "fill", c: "columns"};
    if (event.altKey && !event.ctrlKey && tools[printed] && !this.isReadOnly()) { event.preventDefault(); event.stopPropagation(); this.do(tools[printed]); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || !event.target.closest("td, [data-frame]")) return;
    let isDone = true;
    if (key === "Enter") {
      if (!event.repeat && !event.isComposing) this.enter();  // a key that is held says once what it says
    } else if (!this.rows.length) {
      isDone = false;
    } else if (this.editor) {
      if (key === "ArrowDown" || key === "ArrowUp") { this.commit(); this.go([row + (key === "ArrowDown" ? 1 : -1), column]) || this.go(this.at); }
      else if (key === "Tab") { this.commit(); isDone = this.go(this.beside(event.shiftKey ? -1 : 1)); }
      else if (key === "Escape") { this.cancel(); this.go(this.at); }
      else isDone = false;
    } else {
      const {shown} = this, left = shown.findLast((one) => one < column) ?? -1, right = shown.find((one) => one > column) ?? -1;
      const moves = {ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], ArrowLeft: [row, left], ArrowRight: [row, right], Home: [row, shown[0]], End: [row, shown.at(-1)]};
      if (moves[key]) this.go(moves[key]);
      else if (key === "Tab") isDone = this.go(this.beside(event.shiftKey ? -1 : 1));
      else if (key === "F2") this.edit();
      else if ((key === "Delete" || key === "Backspace") && !this.isReadOnly()) this.setCell(this.at, null);
      else if (key.length === 1 && !this.isReadOnly()) this.edit(key);
      else isDone = false;
    }
    if (isDone) { event.preventDefault(); event.stopPropagation(); }
  }

  beside(step) {
    const {shown} = this, number = this.at[0] * shown.length + shown.indexOf(this.at[1]) + step;
    return [Math.floor(number / shown.length), shown[((number % shown.length) + shown.length) % shown.length]];
  }
}
