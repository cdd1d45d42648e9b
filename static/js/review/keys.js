/* The keys of the page. With Alt, letters and digits work everywhere; outside of inputs also alone. */

export const LETTERS = "nagrl?";  // those that do something alone, outside of inputs

const isProse = (target) => target.matches?.("textarea:not([data-value])");  // in which Enter begins a line
const isText = (target) => target.matches?.("input:not([type=hidden]), textarea, select, [contenteditable]");

const TYPED_WITH_ALT = /^[@[\]{}|\\~€#ąćęłńóśźż]$/i;  // on a Mac, some keyboards have these behind Alt only

/* The key that a shortcut means, a capital or not. Where Alt makes another character of it (on a Mac), that is the letter
   or digit which an American keyboard has in its place; but what is typed with Alt into an input remains what it is. */
export const shortcutKey = ({key, code, altKey, target}) => {
  const isTyped = isText(target) && TYPED_WITH_ALT.test(key), isOther = altKey && !isTyped && (key === "Dead" || /^[^\w?+=-]$/u.test(key));
  const meant = isOther && /^(?:Key|Digit)(\w)$/.exec(code)?.[1] || key;
  return meant.length === 1 ? meant.toLowerCase() : meant;
};

/* Whether no line of the text, as it is shown, is above the caret (step -1), or below it (1). */
const isLastLine = (input, step) => {
  const {value, selectionStart, selectionEnd} = input, ruler = input.cloneNode();
  const height = (text) => { ruler.value = text; return ruler.scrollHeight; };
  const until = (caret) => value.slice(0, caret) + /^\S*/.exec(value.slice(caret))[0];  // a line breaks between words
  ["id", "name", "data-value"].forEach((name) => ruler.removeAttribute(name));
  ruler.style.cssText = `position: absolute; visibility: hidden; overflow: hidden; min-height: 0; height: 0; width: ${input.offsetWidth}px`;
  input.after(ruler);
  const isLast = step < 0 ? height(until(selectionStart)) === height("") : height(until(selectionEnd)) === height(value);
  ruler.remove();
  return isLast;
};

export class Keys {
  /* go(where): to the "next" document, or "back" to the one before. back(): to the template before another was chosen. */
  constructor({fields, grids, pages, history, form, go, back, dialog, root, signal}) {
    Object.assign(this, {fields, grids, pages, history, form, go, back, dialog, root});
    document.addEventListener("keydown", (event) => this.key(event), {signal});
    root.querySelector("[data-show-keys]")?.addEventListener("click", () => this.help());
  }

  /* Where the keys are pressed: "field", "grid", or "page". */
  where() {
    if (this.grids.some((grid) => grid.isActive)) return "grid";
    return document.activeElement?.matches("[data-value]") ? "field" : "page";
  }

  help() {
    const where = this.where();
    this.dialog.querySelectorAll("tr[data-when]").forEach((row) => { row.hidden = !row.dataset.when.split(" ").includes(where); });
    this.dialog.showModal();
  }

  open(name) {
    const menu = this.form?.querySelector(`[name=action][value="${name}"]`)?.closest("details");
    if (!menu) return;
    menu.open = true;
    menu.querySelector("input, select").focus();
  }

  /* Do what the menu of "later" or of "reject" that this stands in is for. */
  decide(menu) { menu.querySelector("[name=action]").click(); }

  approve() { this.form?.querySelector("[name=action][value=approve]")?.click(); }

  key(event) {
    if (event.isComposing || document.querySelector("dialog[open]")) return;
    // A key that is held says once what it says: not also of what comes next.
    if (event.repeat && event.key === "Enter" && !isProse(event.target)) { event.preventDefault(); return; }
    const handler = this.find(event);
    if (!handler) return;
    event.preventDefault();
    handler();
  }

  find(event) {
    const {target, altKey, shiftKey} = event, key = shortcutKey(event), isControl = event.ctrlKey || event.metaKey;
    const menu = isText(target) && target.closest(".decide .menu");
    if (menu && key === "Enter") return () => this.decide(menu);
    if (isControl && altKey) return {ArrowRight: () => this.go("next"), ArrowLeft: () => this.go("back")}[key];
    if (isControl) return this.withControl(key, shiftKey, target);
    const isField = target.matches?.("[data-value]");
    if (isField && !altKey) {
      const found = this.inField(event, target);
      if (found) return found;
    }
    if (key === "Escape") return () => this.leave(target);
    if (key === "F1") return () => this.help();
    if (key === "PageDown") return () => this.pages.scrollPage(1);
    if (key === "PageUp") return () => this.pages.scrollPage(-1);
    if (isText(target) && !altKey) return undefined;
    return this.single(key, isField ? target : this.fields?.chosen);
  }

  withControl(key, shiftKey, target) {
    if (key === "Enter" && !target.closest("dialog, .comments")) return () => this.approve();
    if (isProse(target) || target.matches?.("select, .menu input")) return undefined;
    const letter = key.toLowerCase();
    if (letter === "z" && shiftKey || letter === "y") return () => this.history.redo();
    if (letter === "z") return () => { if (!this.history.undo()) this.back(); };
    return undefined;
  }

  inField({key, shiftKey}, input) {
    const {fields} = this;
    if (key === "Enter") return () => { fields.accept(input); this.next(input); };
    if (key === "Tab" && !shiftKey) {
      fields.accept(input);
      const next = fields.nextNeedy(input, {around: false});
      return next && (() => fields.focus(next));
    }
    if (key === "ArrowDown" || key === "ArrowUp") {
      const step = key === "ArrowDown" ? 1 : -1, hasMore = input.closest(".value").querySelector(".alternatives");
      return hasMore && isLastLine(input, step) && (() => fields.candidate(input, step));
    }
    return undefined;
  }

  /* To the next that needs a person; when nothing does, to the button that approves. */
  next(input) {
    const needy = input ? this.fields.nextNeedy(input) : this.fields.firstNeedy();
    const grid = this.grids.find((g) => g.needs);
    if (needy) this.fields.focus(needy);
    else if (grid) grid.focus();
    else this.form.querySelector("[name=action][value=approve]")?.focus();
  }

  leave(target) {
    const open = document.querySelector("details.more[open]");
    if (open) { open.open = false; open.querySelector("summary").focus(); return; }
    if (target.matches?.("[data-value]") && this.fields.revert(target)) return;
    document.activeElement?.blur();
    this.fields?.choose(null);
  }

  single(key, input) {
    const {fields} = this;
    if (/^[1-9]$/.test(key)) {
      const field = fields?.numbered(key);
      return field && (() => fields.focus(field.querySelector("[data-value]")));
    }
    return {
      "?": () => this.help(),
      "+": () => this.pages.zoomBy(1),
      "=": () => this.pages.zoomBy(1),
      "-": () => this.pages.zoomBy(-1),
      "0": () => this.pages.zoomBy(0),
      n: input && (() => fields.toggleOpen(input)),
      a: input && (() => fields.addValue(input.closest(".field"))),
      g: this.grids.length ? () => this.grids[0].focus() : undefined,
      l: () => this.open("later"),
      r: () => this.open("reject"),
      Enter: document.activeElement?.matches("body, main") && fields ? () => this.next(null) : undefined,
    }[key];
  }
}
