/* What the document says as another template than it was read as: the page is there at once, a worker reads meanwhile, and
   what it reads comes into the page. Until then, and where it does not come, empty fields that nobody has touched say nothing. */

export class Awaited {
  /* changed(): of `state`. came(found, {isAtNotice}): what was read, a document; null where the person goes on without it:
     that the fields are empty is then what they say. isAtNotice: they did so, or asked again, in the notice that goes now. */
  constructor(root, {changed, came, signal}) {
    Object.assign(this, {root, changed, came, signal});
    this.state = root.hasAttribute("data-read-as") ? "awaited" : "";  // or "unread": it did not come; "": nothing is awaited
    this.notice = root.querySelector("[data-unread]");
    if (!this.state) return;
    const again = this.notice.querySelector("[data-read-again]");
    again.addEventListener("click", async () => {
      again.disabled = true;
      await this.read();
      again.disabled = false;
    });
    this.notice.querySelector("[data-go-on]").addEventListener("click", () => this.end(null));
  }

  async read() {
    this.turn("awaited");
    let found = null;
    try {
      const answer = await fetch(this.root.dataset.readAs, {signal: this.signal, cache: "no-store"});
      if (answer.ok) found = new DOMParser().parseFromString(await answer.text(), "text/html");
    } catch { /* as where no worker is free */ }
    if (this.signal.aborted || !this.state) return;
    if (found) { this.end(found); return; }
    this.notice.hidden = false;
    this.turn("unread");
  }

  turn(state) {
    this.state = state;
    this.changed();
  }

  end(found) {
    const isAtNotice = this.notice.contains(document.activeElement);
    this.state = "";
    this.root.removeAttribute("data-read-as");
    this.notice.hidden = true;
    this.came(found, {isAtNotice});
  }
}
