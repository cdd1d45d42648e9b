/* The document behind the one at hand, fetched while its person still looks at this one: its page, the picture and the
   words of its first page. Nobody has it by that. The server says once it is this person's whether it is still the same. */

const PAUSE_MS = 300;  // after the page came: what it needs itself goes first
const PATIENCE_MS = 1000;  // of who approved, with what is just coming: then the page is fetched as any other

export class Ahead {
  constructor() { this.forget(); }

  forget() {
    this.page = null;
    this.mark = "";  // what the page was made of
    this.looking = null;  // a promise, while it is fetched
  }

  /* Fetch what comes behind the document that is shown. signal: aborted when that is shown no more. */
  start(address, signal) {
    this.forget();
    if (!address) return;
    const pause = setTimeout(() => this.look(address, signal), PAUSE_MS);
    signal.addEventListener("abort", () => clearTimeout(pause));
  }

  /* Fetch it, or look whether it is still what was fetched. */
  look(address, signal) {
    this.looking = this.refresh(address, signal);
  }

  async refresh(address, signal) {
    const asked = new URL(address, location.href);
    asked.searchParams.set("have", this.mark);
    try {
      const answer = await fetch(asked, {signal, priority: "low", cache: "no-store"});
      if (answer.status === 304) return;
      if (!answer.ok || answer.status === 204) { this.forget(); return; }
      this.page = new DOMParser().parseFromString(await answer.text(), "text/html");
      this.mark = this.page.getElementById("review").dataset.madeOf;
      this.fetchParts(signal);
    } catch { this.forget(); }  // then it is fetched when it is opened
  }

  fetchParts(signal) {
    const pages = this.page.getElementById("pages"), picture = pages?.querySelector("img");
    if (!picture) return;
    this.picture = new Image();
    this.picture.src = picture.getAttribute("src");
    this.picture.decode().catch(() => {});  // it is still being drawn: the page asks again
    fetch(pages.dataset.words, {signal, priority: "low", headers: {Accept: "application/json"}}).catch(() => {});
  }

  /* Give the page away that was made of this; null where it was made of something else. */
  async take(mark) {
    if (this.mark !== mark && this.looking) {  // it may be just coming
      await Promise.race([this.looking, new Promise((over) => { setTimeout(over, PATIENCE_MS); })]);
    }
    const page = this.mark === mark ? this.page : null;
    this.forget();
    return page;
  }
}
