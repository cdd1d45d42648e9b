/* From one document to the next within the same page of the browser: only what differs is fetched and put in. The address,
   "back", the title, focus and what a screen reader says are as if a new page had come. Whatever does not work that way
   (no answer of the review, a page of somebody who has to log in) is left to the browser. */

import {Ahead} from "./ahead.js";
import {open} from "./screen.js";

const PART = "X-Invex-Part";  // asks for what differs alone, and says that it is that
const REFUSED = 422;  // the same document comes back with what is wrong
const here = () => location.pathname + location.search;

export class Turning {
  constructor(main) {
    this.main = main;
    this.ahead = new Ahead();
    this.isSending = false;
    this.said = document.createElement("p");
    this.said.className = "visually-hidden";
    this.said.setAttribute("role", "status");
    document.body.append(this.said);
    addEventListener("popstate", () => { if (here() !== this.address) location.reload(); });
    document.addEventListener("htmx:afterSettle", (event) => {
      if (event.target.querySelector?.(".learned") || event.target.matches?.(".learned")) this.lookAhead();
    });
    this.open();
  }

  /* past: of the same document, whose page came anew. isNew: so it did, and may say something else than before. */
  open({past = null, isNew = false} = {}) {
    this.address = here();
    this.root = document.getElementById("review");
    this.stop = new AbortController();
    this.screen = open(this.root, {signal: this.stop.signal, visit: (address) => this.visit(address), past, isNew});
    const {root, screen} = this;
    // Heard by this page of the document alone, also once it has left: an answer that comes after that is nobody's.
    root.addEventListener("htmx:beforeOnLoad", (event) => this.refreshed(event, screen));
    this.screen.form?.addEventListener("submit", (event) => { event.preventDefault(); this.send(event.submitter); });
    this.ahead.start(this.root.dataset.ahead, this.stop.signal);
  }

  lookAhead() { if (this.root.dataset.ahead) this.ahead.look(this.root.dataset.ahead, this.stop.signal); }

  /* What was learned since is shown at once, but not to who has begun: no page changes under somebody's hands. What its
     person was told as they came stays. screen: the page that asked. */
  refreshed(event, screen) {
    if (!event.detail.xhr.getResponseHeader("HX-Refresh")) return;
    event.preventDefault();
    if (screen === this.screen && !this.isSending) this.visit(here(), {isWanted: () => !screen.isBegun, isSame: true});
  }

  /* isWanted: asked before the page is fetched, and again before it is shown. arrived: what its person is told there.
     isSame: it is the page at hand: what its person was told stays, and where it does not come, so does the page. */
  async visit(address, {isWanted = () => true, arrived = "", isSame = false} = {}) {
    const {signal} = this.stop;
    if (!isWanted()) return;
    try {
      const answer = await fetch(address, {signal, headers: {[PART]: "1"}, cache: "no-store"});
      await this.take(answer, signal, {isWanted, arrived, isSame});
    } catch {
      if (!signal.aborted && !isSame) location.assign(address);
    }
  }

  /* Send the form as the button says. */
  async send(button) {
    if (this.isSending) return;
    if (button?.value === "approve" && this.screen.isUnseen()) return;
    const {form, presence} = this.screen, {signal} = this.stop;
    const sent = new URLSearchParams(new FormData(form));
    if (button?.name) sent.set(button.name, button.value);
    sent.set("ahead", this.ahead.mark);
    this.isSending = true;
    if (presence) presence.isOver = true;
    try {
      const answer = await fetch(form.getAttribute("action"), {method: "POST", body: sent, headers: {[PART]: "1", Accept: "application/json, text/html"}});
      if (answer.headers.get("Content-Type")?.startsWith("application/json")) await this.decided(await answer.json());
      else await this.take(answer, signal, {address: answer.redirected ? answer.url : here(), past: answer.status === REFUSED ? this.screen.history : null});
    } catch {
      this.failed(this.root.dataset.saysUnsaved);
    } finally {
      this.isSending = false;
    }
  }

  /* It was decided: to where, and what belongs to a page that was fetched before, `ahead`: {made_of, key, arrived, left,
     waiting}; or why it was not. */
  async decided({address, ahead, is_over: isOver, detail}) {
    if (!address) { this.failed(detail); return; }
    if (isOver) { location.assign(address); return; }
    const page = ahead && await this.ahead.take(ahead.made_of);
    if (!page) { await this.visit(address, {arrived: ahead?.arrived}); return; }
    const root = page.getElementById("review");
    root.dataset.key = root.querySelector("#review-form").elements.key.value = ahead.key;
    root.querySelector("[data-left]").innerHTML = ahead.left;
    root.dataset.waiting = ahead.waiting;
    root.querySelector("[data-arrived]").outerHTML = ahead.arrived;
    this.show(page, address);
  }

  failed(why) {
    const {presence} = this.screen, line = this.root.querySelector("[data-taken]");
    if (presence) { presence.isOver = false; presence.changed(); }
    line.textContent = `▲ ${why}`;
    line.hidden = false;
  }

  async take(answer, signal, {address = answer.url, isWanted = () => true, arrived = "", isSame = false, past = null} = {}) {
    const text = await answer.text();
    if (signal.aborted || !isWanted()) return;
    if (answer.headers.has(PART)) {
      const page = new DOMParser().parseFromString(text, "text/html");
      if (arrived) page.querySelector("[data-arrived]").outerHTML = arrived;
      if (isSame) page.querySelector("[data-arrived]").prepend(...this.root.querySelectorAll("[data-arrived] > .message[role=status]"));
      this.show(page, address, past);
    } else if (answer.ok) location.assign(answer.url);
    else throw new Error(answer.status);
  }

  show(page, address, past = null) {
    this.stop.abort();
    const found = new URL(address, location.href), isOther = found.pathname !== location.pathname;
    this.main.replaceChildren(...page.getElementById("main").childNodes);
    document.title = page.title;
    if (found.href !== location.href) history.pushState(null, "", found);
    const {waiting} = document.getElementById("review").dataset, count = document.getElementById("count-inbox");
    if (count) { count.textContent = waiting; count.hidden = waiting === "0"; }
    window.htmx?.process(this.main);
    if (isOther) { scrollTo(0, 0); this.said.textContent = document.title; }
    this.open({past, isNew: !isOther});
    if (document.activeElement === document.body) this.main.focus({preventScroll: true});
  }
}
