/* Who is here, and what is not saved yet: a heartbeat while its person does something, drafts on the server; and when they
   leave, the last draft, and the document is free for others again. */

const BEAT_MS = 25_000;
const IDLE_MS = 10 * 60_000;  // without a key or a click the document is free for others again
const PAUSE_MS = 700;  // of typing, after which the draft is sent

export class Presence {
  /* taken(who): somebody else has the document now, or has changed what it is (""). told(isGood): whether the draft is
     kept. checked(judged): what is to be said of it, see Screen.check. unread(): names of
     what is still being read, which a draft says nothing of. signal: aborted when another document takes the place of
     this one. */
  constructor(root, form, {taken, told, checked, unread, signal}) {
    Object.assign(this, {root, form, taken, told, checked, unread});
    this.isDirty = false;
    this.isOver = false;  // decided: nothing is left to keep
    this.isDoubtful = false;  // nobody knows whether it is
    this.last = null;  // what was typed when it was
    this.pause = null;
    this.active = Date.now();
    for (const name of ["pointerdown", "keydown", "wheel"]) addEventListener(name, () => this.touch(), {passive: true, signal});
    const beats = setInterval(() => { if (Date.now() - this.active < IDLE_MS) this.beat(); }, BEAT_MS);
    addEventListener("pagehide", () => this.leave(), {signal});
    addEventListener("pageshow", (event) => { if (event.persisted) this.beat(); }, {signal});
    signal.addEventListener("abort", () => { clearInterval(beats); clearTimeout(this.pause); });
  }

  touch() {
    const wasIdle = Date.now() - this.active >= IDLE_MS;
    this.active = Date.now();
    if (wasIdle) this.beat();
  }

  /* What a draft says. */
  draft(extra = {}) {
    const data = new URLSearchParams(new FormData(this.form));  // which the server reads faster than parts
    for (const name of this.unread()) data.delete(name);
    for (const [name, value] of Object.entries(extra)) data.set(name, value);
    return data;
  }

  /* What says that it is this page. */
  key(extra = {}) {
    const data = new URLSearchParams(extra);
    for (const name of ["csrfmiddlewaretoken", "key"]) data.set(name, this.form.elements[name].value);
    return data;
  }

  async beat() {
    if (this.isOver) return;
    try {
      const answer = await fetch(this.root.dataset.presence, {method: "POST", body: this.key(), headers: {Accept: "application/json"}});
      if (answer.status !== 409 || this.isOver) return;
      const {state, holder} = await answer.json();
      if (holder || state !== "review") this.taken(holder);
    } catch { /* the next beat may get through; the lease lasts three of them */ }
  }

  changed() {
    this.isDirty = true;
    clearTimeout(this.pause);
    this.pause = setTimeout(() => this.save(), PAUSE_MS);
  }

  /* Send the draft now. */
  async save() {
    if (!this.isDirty || this.isOver) return;
    this.isDirty = false;
    const isPart = this.unread().length > 0;
    try {
      const answer = await fetch(this.root.dataset.draft, {method: "POST", body: this.draft()});
      this.told(answer.ok);
      if (!answer.ok) this.isDirty = true;
      else if (!this.isDirty && !isPart) this.checked(await answer.json());
    } catch {
      this.isDirty = true;
      this.told(false);
    }
  }

  /* A decision is on its way: nothing is kept any more. */
  end() {
    this.isOver = true;
    this.last = this.draft({do: "leave"});  // while the form can be read: inputs that are disabled say nothing
  }

  /* Nobody knows whether it got through: what was typed is kept as the page is left, in case it did not. */
  doubt() { this.isDoubtful = true; }

  /* It did not get through. */
  resume() {
    this.isOver = this.isDoubtful = false;
    this.changed();
  }

  /* Its person is gone: the page is closed, or another document stands in it. */
  leave() {
    if (this.isOver && !this.isDoubtful) return;
    if (this.isDoubtful) navigator.sendBeacon(this.root.dataset.draft, this.last);
    else if (this.isDirty) this.isDirty = !navigator.sendBeacon(this.root.dataset.draft, this.draft({do: "leave"}));
    else navigator.sendBeacon(this.root.dataset.presence, this.key({do: "leave"}));
  }
}
