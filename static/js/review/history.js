/* Undo and redo over everything since the document was opened. A change is {target, before, after}; states never change
   once they are recorded. */

export class History {
  /* apply(target, state) puts a state back. past: the history of the same document, before its page came anew. */
  constructor(apply, past = null) {
    this.apply = apply;
    this.done = past?.done ?? [];
    this.undone = past?.undone ?? [];
  }

  /* merging: typing on in the same input is one change. */
  record(target, before, after, {merging = false} = {}) {
    const last = this.done.at(-1);
    this.undone = [];
    if (merging && last?.merging && last.target === target) last.after = after;
    else this.done.push({target, before, after, merging});
  }

  /* What the last change led to became something else by itself: that is one change. */
  amend(target, before, after) {
    const last = this.done.at(-1);
    if (last?.target === target && last.after === before) last.after = after;
  }

  /* What is typed from here on is a change of its own. */
  close() {
    const last = this.done.at(-1);
    if (last) last.merging = false;
  }

  /* Both return whether there was something to do. */
  undo() { return this.#step(this.done, this.undone, "before"); }
  redo() { return this.#step(this.undone, this.done, "after"); }

  #step(from, to, which) {
    const change = from.pop();
    if (!change) return false;
    change.merging = false;
    to.push(change);
    this.apply(change.target, change[which]);
    return true;
  }
}
