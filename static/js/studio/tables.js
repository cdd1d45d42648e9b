/* The tables of the template. At most one is active: what is clicked on the page becomes its cells. */

import {DrawnTable} from "./table.js";

export class TableList {
  constructor(form, {pages, ...tools}) {
    const others = (table) => this.tables.filter((one) => one !== table);
    const own = {
      drawn: () => this.draw(),
      elsewhere: (table) => others(table).flatMap((one) => one.chosenBoxes),
      claimClicks: (table) => this.activate(table),
      claimed: (table) => { for (const one of others(table)) one.cede(table.boxes); },
    };
    Object.assign(this, {pages, tools: {...tools, ...own}, tables: []});
    this.list = form.querySelector("[data-tables]");
    this.template = form.querySelector("#studio-table");
    this.adder = form.querySelector("[data-add-table]");
    this.adder.addEventListener("click", () => this.begin());
    // The caret says where the next click goes.
    form.querySelector("[data-fields]").addEventListener("focusin", () => this.activate(null));
    this.list.addEventListener("click", (event) => {
      const table = this.tables.find((one) => one.section.contains(event.target));
      if (event.target.closest("[data-drop-table]")) this.drop(table);
      else if (event.target.closest("[data-table-mode]")) this.activate(table.isActive ? null : table);
    });
  }

  get active() { return this.tables.find((table) => table.isActive) || null; }

  get design() { return {tables: this.tables.map((table) => table.design)}; }

  get boxes() { return this.tables.flatMap((table) => table.chosenBoxes); }

  get state() { return this.tables.map((table) => table.state); }

  restore(state) {
    const active = this.tables.indexOf(this.active);
    for (const table of this.tables) { table.stop(); table.section.remove(); }
    this.tables = [];
    for (const table of state) this.add(table);
    this.activate(this.tables[active]);
    this.draw();
  }

  load(tables) {
    for (const {key, label, columns = [], rows = []} of tables) {
      this.add({
        key, name: label,
        columns: columns.map((column) => ({key: column.key, name: column.label, type: column.type, isTyped: true})),
        rows: rows.map((cells) => ({cells})),
      });
    }
    this.draw();
  }

  add(table) {
    const section = this.template.content.firstElementChild.cloneNode(true);
    this.list.append(section);
    const made = new DrawnTable(section, this.tools, table);
    this.tables.push(made);
    return made;
  }

  /* A new table, of which the cells are chosen next. */
  begin() {
    const table = this.add({});
    this.activate(table);
    table.name.focus();
    this.tools.changed();
  }

  drop(table) {
    table.stop();
    table.section.remove();
    this.tables = this.tables.filter((one) => one !== table);
    this.draw();
    this.adder.focus();
    this.tools.changed();
  }

  /* Count what was typed in a table as a change of its own, before another one. */
  flush() { for (const table of this.tables) table.flush(); }

  activate(table) { for (const one of this.tables) one.activate(one === table); }

  draw() { this.pages.draw("cell", this.tables.flatMap((table) => table.boxes)); }
}
