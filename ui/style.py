"""How the page and the source view look."""

SOURCE_CSS = """
:root { color-scheme: light dark; --ink: #1c2330; --soft: #5d6778; --paper: #fff; --edge: #e2e6ec; --mark: #ffe58a;
  --link: #1d5bd1 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ef; --soft: #9aa5b8; --paper: #14181f; --edge: #2b323e; --mark: #665200; --link: #8ab4ff }
}
* { box-sizing: border-box }
body { margin: 0; font: 16px/1.6 system-ui, sans-serif; color: var(--ink); background: var(--paper) }
header { position: sticky; top: 0; background: var(--paper); border-bottom: 1px solid var(--edge) }
header div { max-width: 66rem; margin: 0 auto; padding: .7rem 1.2rem }
header h1 { font-size: 1.2rem; line-height: 1.35; margin: .15rem 0; overflow-wrap: anywhere }
header p { margin: 0; color: var(--soft); font-size: .88rem; overflow-wrap: anywhere }
header a { font-size: .88rem } header .jump { float: right } header .old { color: #b45309; font-weight: 600 }
main { max-width: 66rem; margin: 0 auto; padding: 1rem 1.2rem 40vh }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; font: 14px/1.65 ui-monospace, monospace }
mark { background: var(--mark); color: inherit; padding: .12em 0; border-radius: 3px; scroll-margin-top: 38vh;
  box-decoration-break: clone; -webkit-box-decoration-break: clone }
mark:focus { outline: none }
.at::before { content: attr(data-at); display: block; margin: .8rem 0 .2rem; padding-top: .3rem; color: var(--soft);
  border-top: 1px solid var(--edge); font: 600 12px/1.4 system-ui, sans-serif; text-transform: uppercase;
  letter-spacing: .05em }
.who { font-weight: 700 } header p a { white-space: nowrap }
a { color: var(--link) } a:focus-visible { outline: 2px solid var(--link); outline-offset: 2px }
.talk section { border-bottom: 1px solid var(--edge); padding: .4rem 0 1rem } .talk h2 { font-size: 1.05rem }
.talk .aside, .talk .quotes { color: var(--soft); font-size: .9rem } .talk { overflow-wrap: anywhere }
.talk .quotes { padding-left: 1.1rem }
.cut { color: var(--soft); text-align: center }
"""

PAGE_CSS = """
:root { --tl-soft: #566074; --tl-link: #1d4ed8 } .dark { --tl-soft: #a3adbf; --tl-link: #9cc4ff }
.gradio-container { max-width: 1320px !important; margin: 0 auto !important; --font: system-ui, sans-serif }
.gradio-container, .gradio-container main { width: 100% !important }
footer, #chat :has(> button[aria-label="Clear"]) { display: none !important }
:focus-visible { outline: 2px solid var(--color-accent) !important; outline-offset: 2px }
#head { align-items: center; flex-wrap: nowrap }
.tl-head h1 { margin: 0; font-size: 1.5rem; line-height: 1.3; font-weight: 700 }
.tl-head p { margin: 0; color: var(--tl-soft) }
#sign-out { flex: none }
#chat { border: 1px solid var(--border-color-primary); border-radius: 12px }
#chat .placeholder-content { justify-content: center }
#chat .placeholder { flex-grow: 0; padding-bottom: 0; text-align: center }
#chat .placeholder h3 { margin: 0 0 .3rem; font-size: 1.2rem }
#chat .examples { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(15rem, 100%), 1fr)); gap: .6rem;
  width: 100%; max-width: 40rem; margin: 0 auto; padding: 1.2rem }
#chat .example { border: 1px solid var(--border-color-primary); border-radius: 10px; padding: .7rem .9rem;
  background: var(--background-fill-secondary) }
#chat .example:hover { border-color: var(--color-accent) }
#chat a[href*="/ui/source/"] { text-decoration: none; font-weight: 600; font-size: .85em; padding: 0 .3em;
  border-radius: 5px; background: var(--color-accent-soft); color: var(--tl-link) !important }
#chat a[href*="/ui/source/"]:hover { text-decoration: underline }
#question textarea, #question input, #search-words textarea, #search-words input {
  border: 1px solid var(--border-color-primary) !important; border-radius: 8px }
#clear { align-self: flex-start; width: auto }
#talks { border: 1px solid var(--border-color-primary); border-radius: 10px }
.tl-shared { margin: 0; overflow-wrap: anywhere }
#upload { border: 1px dashed var(--border-color-primary); border-radius: 12px }
#narrow { border: 1px solid var(--border-color-primary); border-radius: 10px }
#space input, #space textarea { border: 1px solid var(--border-color-primary) !important }
.tl-heading { font-size: .95rem; font-weight: 600; margin: 0 0 .6rem }
.tl-empty { color: var(--tl-soft); margin: 0 }
.tl-cards { list-style: none; margin: 0; padding: 0 } .tl-cards li { margin: 0 0 .6rem; padding: 0 }
.tl-card { display: block; position: relative; border: 1px solid var(--border-color-primary); border-radius: 10px;
  padding: .65rem .8rem .6rem 2.7rem; text-decoration: none !important; line-height: 1.45; text-align: left;
  color: var(--body-text-color) !important; background: var(--background-fill-primary) }
.tl-card:hover { border-color: var(--color-accent) }
.tl-n { position: absolute; left: .7rem; top: .7rem; min-width: 1.4rem; text-align: center; font-weight: 700;
  border-radius: 6px; background: var(--color-accent-soft); padding: 0 .25rem; font-size: .85rem }
.tl-title { font-weight: 600; display: block; overflow-wrap: anywhere }
.tl-where, .tl-about { font-size: .8rem; color: var(--tl-soft); display: block; overflow-wrap: anywhere }
.tl-quote { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 7; overflow: hidden;
  white-space: pre-line; margin: .35rem 0 .4rem; font-size: .92rem; border-left: 3px solid var(--color-accent);
  padding-left: .6rem; quotes: none; overflow-wrap: anywhere }
.tl-cards li:has(> .tl-because) { border: 1px solid var(--border-color-primary); border-radius: 10px;
  background: var(--background-fill-primary) }
.tl-cards li:has(> .tl-because):hover { border-color: var(--color-accent) }
.tl-card:has(+ .tl-because) { border: 0; background: none; padding-bottom: .2rem }
.tl-because { font-size: .8rem; color: var(--tl-soft); padding: 0 .8rem .5rem 2.7rem }
.tl-because summary { cursor: pointer; padding: .15rem 0 } .tl-because summary:hover { color: var(--tl-link) }
.tl-because summary span { float: right } .tl-because b { color: var(--body-text-color); font-weight: 600 }
.tl-because dl { display: grid; grid-template-columns: max-content minmax(1.5rem, 16rem) max-content;
  gap: .15rem .8rem; align-items: center; margin: .35rem 0; color: var(--body-text-color) }
.tl-because dt { margin: 0 } .tl-because dd { display: contents; font-variant-numeric: tabular-nums }
.tl-because svg { width: 100%; height: .45rem } .tl-because small { color: var(--tl-soft) }
.tl-because .most { fill: var(--border-color-primary) } .tl-because .got { fill: var(--color-accent) }
.tl-because dd b { grid-column: 3 } .tl-because p { margin: .15rem 0 0; overflow-wrap: anywhere }
.tl-hint { margin: 0; font-size: .85rem; color: var(--tl-soft) } .tl-hint code { white-space: nowrap }
.tl-table { width: 100%; border-collapse: collapse; table-layout: fixed }
.tl-table th:first-child { width: 55% } .tl-sources th:first-child { width: 36% }
.tl-files th:first-child { width: 38% } .tl-files th:last-child { width: 32% } .tl-runs th:first-child { width: 22% }
.tl-table, .tl-table tr { border: 0 !important }
.tl-table td, .tl-table th { text-align: left; padding: .45rem .6rem !important; vertical-align: top;
  border: 0 !important; border-bottom: 1px solid var(--border-color-primary) !important; overflow-wrap: anywhere;
  font-size: .9rem }
.tl-table th { color: var(--tl-soft); font-weight: 600; overflow-wrap: break-word }
.tl-table small { display: block; color: var(--tl-soft) }
.tl-table a { color: var(--tl-link); font-weight: 600; text-decoration: none; margin: 0; padding: 0 }
.tl-wide { overflow-x: auto } .tl-runs { min-width: 46rem } .tl-runs th:last-child { width: 9.5rem }
.tl-bad { color: #b91c1c; font-weight: 600 } .dark .tl-bad { color: #fca5a5 }
#kept, #ledger { border: 1px solid var(--border-color-primary); border-radius: 10px }
#show-runs { align-self: flex-start; width: auto; flex: none }
.tl-report p { margin: 0 0 .3rem } .tl-report ul { margin: 0 0 .3rem 1.2rem }
.tl-counts p { margin: 0 0 .35rem; color: var(--tl-soft); font-size: .9rem }
.tl-bar { display: flex; gap: 2px; height: .5rem; border-radius: 4px; overflow: hidden }
.tl-bar span { flex-basis: 0; min-width: 3px } .tl-bar .tl-accepted { background: #16a34a }
.tl-bar .tl-rejected { background: #b45309 } .tl-bar .tl-candidate { background: var(--border-color-primary) }
.tl-golden { border: 1px solid var(--border-color-primary); border-radius: 10px; padding: .7rem .9rem;
  background: var(--background-fill-primary) }
.tl-golden p { margin: 0 0 .5rem; overflow-wrap: anywhere } .tl-golden figure { margin: .6rem 0 0 }
.tl-golden figcaption { font-size: .85rem; color: var(--tl-soft); overflow-wrap: anywhere }
.tl-golden figcaption a { color: var(--tl-link); font-weight: 600; text-decoration: none; margin: 0; padding: 0 }
.tl-golden blockquote { margin: .3rem 0 0 !important; padding: 0 0 0 .7rem; border-left: 3px solid var(--color-accent);
  white-space: pre-wrap; overflow-wrap: anywhere; font-size: .92rem; color: var(--tl-soft) }
.tl-golden mark { background: #ffe58a; color: #1c2330; padding: .1em 0; border-radius: 3px;
  box-decoration-break: clone; -webkit-box-decoration-break: clone }
.dark .tl-golden mark { background: #665200; color: #f5f0df }
.tl-tag { display: inline-block; border-radius: 6px; padding: 0 .45rem; margin-right: .35rem; font-size: .8rem;
  background: var(--color-accent-soft) }
.tl-state { font-size: .8rem; color: var(--tl-soft) } .tl-why b { margin-right: .3rem }
.tl-figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(19rem, 100%), 1fr)); gap: .8rem }
.tl-figure { border: 1px solid var(--border-color-primary); border-radius: 10px; padding: .7rem .9rem .6rem;
  background: var(--background-fill-primary); min-width: 0 }
.tl-figure h3 { margin: 0; font-size: .95rem; font-weight: 600 } .tl-figure p { margin: .1rem 0 .3rem }
.tl-figure p b { font-size: 1.5rem; margin-right: .35rem }
.tl-figure p span, .tl-headline, .tl-how { font-size: .85rem; color: var(--tl-soft) }
.tl-how { margin: .8rem 0 0; max-width: 60rem }
.tl-figure .tl-about { margin: .3rem 0 0 } .tl-less { color: var(--tl-soft); font-weight: 400 }
.tl-less, .tl-figure p span { white-space: nowrap }
.tl-trend { display: block; width: 100%; max-width: 26rem; height: auto }
.tl-trend text { font-size: 10px; fill: var(--tl-soft) }
.tl-trend line { stroke: var(--tl-soft); stroke-width: 1 } .tl-trend .rule { opacity: .25 }
.tl-trend .join { stroke: var(--color-accent); stroke-width: 1.5; opacity: .6 }
.tl-trend .whisker { stroke: var(--color-accent); stroke-width: 2; opacity: .45 }
.tl-trend .dot { fill: var(--color-accent) }
.tl-trend .break { stroke-dasharray: 2 3 } .tl-trend .ring, .tl-trend .mark { fill: none; stroke: #16a34a }
.tl-trend .ring { stroke-width: 2 } .tl-trend .mark { opacity: .6 }
.dark .tl-trend .ring, .dark .tl-trend .mark { stroke: #4ade80 }
.tl-message pre { display: inline-block; text-align: left; margin: .4rem 0 1rem; padding: .5rem .8rem;
  border-radius: 8px; background: var(--background-fill-secondary); max-width: 100%; overflow-x: auto }
.form:has(> #quality-series) { max-width: 34rem }
.tl-headline a { white-space: nowrap; color: var(--tl-link); font-weight: 600; text-decoration: none }
.tl-evaluations th:first-child { width: 24% } .tl-evaluations th:nth-child(3) { width: 38% }
.tl-evaluations th:last-child { width: 5.5rem }
.tl-keys { font-size: .8rem } .tl-message { padding: 1.2rem 0; text-align: center }
.tl-keys kbd { border: 1px solid var(--border-color-primary); border-radius: 4px; padding: 0 .3rem; font-size: .75rem }
#golden-buttons button { flex: 1 1 0 }
@media (max-width: 768px) { .tl-keys { display: none } #golden-card { padding-bottom: 4rem }
  #golden-buttons { position: fixed; left: 0; right: 0; bottom: 0; z-index: 200; padding: .5rem .8rem; gap: .5rem;
    flex-wrap: nowrap; background: var(--body-background-fill); border-top: 1px solid var(--border-color-primary) }
  #golden-buttons button { min-width: 0 !important } }
@media (max-width: 480px) { .tl-because { padding-left: .8rem } .tl-because dl { column-gap: .5rem }
  .tab-container button { padding: 0 4px !important; font-size: 12.5px !important } }
@media (min-width: 769px) { #sources-panel { max-height: calc(100vh - 170px); overflow-y: auto } }
@media (max-width: 768px) {
  #chat { height: 58vh !important; min-height: 320px !important }
  .tl-table td, .tl-table th { padding: .4rem .3rem !important; font-size: .8rem }
  .tl-documents th:first-child, .tl-files th:first-child { width: 46% }
  .tl-documents th:nth-child(3), .tl-documents td:nth-child(3),
  .tl-sources th:nth-child(5), .tl-sources td:nth-child(5),
  .tl-files th:nth-child(3), .tl-files td:nth-child(3), .tl-files th:nth-child(4), .tl-files td:nth-child(4)
    { display: none }
  .tl-evaluations thead { display: none } .tl-evaluations, .tl-evaluations tbody, .tl-evaluations tr { display: block }
  .tl-evaluations tr { border: 1px solid var(--border-color-primary) !important; border-radius: 10px; margin: 0 0 .6rem;
    padding: .4rem .5rem }
  .tl-evaluations td { display: grid; grid-template-columns: 5rem 1fr; border: 0 !important } .tl-evaluations td:empty
    { display: none } .tl-evaluations td::before { content: attr(data-head); color: var(--tl-soft); grid-row: 1 / 9 }
  .tl-evaluations td > * { grid-column: 2; justify-self: start }
}
"""

ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="4" fill="#3b82f6"/>'
    '<path d="M4 5h8M4 8h8M4 11h5" stroke="#fff" stroke-width="1.6"/></svg>'
)
