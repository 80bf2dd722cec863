/** How the page looks: one column, wide drawings, words that keep their size; light or dark as the reader's system is. */
export const style = `
:root {
  color-scheme: light dark;
  --page: #f6f6f4; --card: #ffffff; --ink: #1c1d1f; --soft: #5d6167; --grid: #e4e4e0; --track: #ecece8;
  --ok: #2f7fbf; --before: #a9c9e2; --c1: #e2a61b; --c2: #df6f2a; --c3: #b8324a; --c4: #7b56b8; --c5: #b0559f; --c6: #4f8f6b;
  --other: #8a8075; --none: #b3b6bb; --wait: #cfdce6;
  --l1: #2f7fbf; --l2: #7b56b8; --l3: #d2762c; --good: #26734d; --warn: #96650a; --bad: #a3243b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #141517; --card: #1d1f22; --ink: #ececea; --soft: #a1a5ab; --grid: #2e3135; --track: #2a2d31;
    --ok: #5aa5e0; --before: #335471; --c1: #edbb4a; --c2: #f08a4b; --c3: #e3607a; --c4: #a98be0; --c5: #d883c6; --c6: #6fb98f;
    --other: #a79c8f; --none: #696d73; --wait: #35424d;
    --l1: #5aa5e0; --l2: #a98be0; --l3: #f0974f; --good: #6fcf9d; --warn: #edbb4a; --bad: #f08095;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif; font-variant-numeric: tabular-nums; -webkit-text-size-adjust: 100%; }
main { max-width: 1160px; margin: 0 auto; padding: 40px 24px 64px; }
h1, h2, h3, p, dl, dd, ul, ol { margin: 0; padding: 0; }
header { display: grid; grid-template-columns: 1fr auto; gap: 2px 16px; align-items: baseline; }
h1 { font-size: 30px; line-height: 1.2; letter-spacing: -0.015em; font-weight: 650; overflow-wrap: anywhere; grid-row: 1; grid-column: 1; }
.state { grid-row: 1; grid-column: 2; font-weight: 600; white-space: nowrap; }
.state::before { content: ""; display: inline-block; width: 9px; height: 9px; border-radius: 50%; background: currentColor; margin-right: 8px; }
.good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); } .live { color: var(--ok); }
.live::before { animation: pulse 1.6s ease-in-out infinite; }
@keyframes pulse { 50% { opacity: 0.25; } }
@media (prefers-reduced-motion: reduce) { .live::before { animation: none; } }
.when { color: var(--soft); grid-column: 1 / -1; }
.why { grid-column: 1 / -1; margin-top: 12px; padding: 10px 14px; border-left: 3px solid var(--bad); background: var(--card); border-radius: 0 6px 6px 0; overflow-wrap: anywhere; }
.done { display: flex; height: 8px; border-radius: 4px; overflow: hidden; background: var(--track); margin: 22px 0 26px; }
.done i { display: block; }
.tiles { display: grid; grid-template-columns: repeat(5, 1fr); gap: 12px 28px; margin-bottom: 28px; }
.tile dt { color: var(--soft); font-size: 13px; }
.tile dd { font-size: 27px; line-height: 1.25; font-weight: 600; letter-spacing: -0.01em; }
small { display: block; color: var(--soft); font-size: 13px; line-height: 1.4; font-weight: 400; letter-spacing: 0; }
.card { background: var(--card); border-radius: 10px; padding: 22px 24px 20px; margin-bottom: 16px; min-width: 0; }
.row { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(236px, 100%), 1fr)); gap: 0 16px; }
h2 { font-size: 17px; font-weight: 620; letter-spacing: -0.005em; margin-bottom: 10px; }
h3 { font-size: 13px; font-weight: 500; color: var(--soft); margin: 20px 0 12px; }
code { font: 0.92em ui-monospace, Menlo, Consolas, monospace; background: var(--track); padding: 1px 5px; border-radius: 4px; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 13px; color: var(--soft); margin-bottom: 10px; }
.legend i, article h3 i { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin-right: 7px; }
.legend b { color: var(--ink); font-weight: 600; margin-left: 7px; }
.plot { position: relative; margin-bottom: 2px; padding-left: 46px; }
.plot svg { display: block; width: 100%; overflow: visible; }
.tall svg { height: 210px; } .low svg { height: 110px; } .flat svg { height: 64px; }
.plot .y { position: absolute; left: 0; width: 38px; text-align: right; white-space: nowrap; font-size: 12px; line-height: 1; color: var(--soft); }
.y.top { top: -6px; } .tall .half { top: 99px; } .low .half { top: 49px; }
.axis { position: relative; height: 22px; font-size: 12px; color: var(--soft); margin-top: 5px; }
.axis span { position: absolute; transform: translateX(-50%); white-space: nowrap; }
.grid { stroke: var(--grid); stroke-width: 1; vector-effect: non-scaling-stroke; }
.mark { stroke: var(--ink); stroke-width: 1.5; stroke-dasharray: 3 3; opacity: 0.55; vector-effect: non-scaling-stroke; }
.line { fill: none; stroke-width: 1.75; stroke-linejoin: round; vector-effect: non-scaling-stroke; }
.area { stroke: none; }
rect { shape-rendering: crispEdges; }
h2 + h3 { margin-top: 0; }
g:hover rect { opacity: 0.72; }
.ok { fill: var(--ok); background: var(--ok); } .before { background: var(--before); } .c1 { fill: var(--c1); background: var(--c1); } .c2 { fill: var(--c2); background: var(--c2); }
.c3 { fill: var(--c3); background: var(--c3); } .c4 { fill: var(--c4); background: var(--c4); } .c5 { fill: var(--c5); background: var(--c5); }
.c6 { fill: var(--c6); background: var(--c6); } .other { fill: var(--other); background: var(--other); } .none { fill: var(--none); background: var(--none); } .wait { background: var(--wait); }
rect.l2, .legend .l2 { fill: var(--l2); background: var(--l2); } rect.l3, .legend .l3 { fill: var(--l3); background: var(--l3); } .legend .l1 { background: var(--l1); }
.line.l1 { stroke: var(--l1); } .line.l2 { stroke: var(--l2); } .line.l3 { stroke: var(--l3); }
.area.q { fill: var(--c1); opacity: 0.75; } .area.f { fill: var(--ok); opacity: 0.75; }
.facts { display: flex; flex-wrap: wrap; gap: 4px 26px; margin-bottom: 16px; }
.facts dt { font-size: 12px; color: var(--soft); } .facts dd { font-size: 18px; font-weight: 600; line-height: 1.3; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { text-align: left; font-weight: 500; }
.number { text-align: right; white-space: nowrap; }
.bars th, .bars td { padding: 7px 14px 7px 0; vertical-align: middle; } .bars tr > :last-child { padding-right: 0; }
.bars th { width: 1%; white-space: nowrap; } .bars .bar { width: 99%; } .bars .number { width: 1%; }
.bars .bar > i { display: block; height: 14px; border-radius: 2px; background: var(--c1); min-width: 1px; }
.batches th { font: 12px ui-monospace, Menlo, Consolas, monospace; }
.batches .bar { background: linear-gradient(var(--grid), var(--grid)) center / 100% 1px no-repeat; }
.batches .bar span { display: flex; height: 12px; border-radius: 2px; overflow: hidden; } .batches .bar i { display: block; height: 12px; }
.batches td, .batches th { padding-top: 4px; padding-bottom: 4px; }
article { padding: 6px 0 16px; } article + article { border-top: 1px solid var(--grid); padding-top: 10px; }
article h3 { font-size: 15px; font-weight: 620; color: var(--ink); margin: 8px 0 4px; } article h3 b { font-weight: 400; color: var(--soft); margin-left: 10px; }
.who { color: var(--soft); font-size: 14px; margin-top: 4px; overflow-wrap: anywhere; } .who a { color: inherit; }
article ol { margin: 8px 0 10px; padding-left: 22px; } article ol li { padding-left: 2px; }
summary { cursor: pointer; color: var(--soft); font-size: 14px; margin: 4px 0; } summary:hover { color: var(--ink); }
.scroll { overflow-x: auto; }
.lines th, .lines td { padding: 6px 16px 6px 0; vertical-align: top; border-top: 1px solid var(--grid); }
.lines thead th { border: 0; color: var(--soft); font-size: 12px; padding-bottom: 2px; }
.lines .id { font: 13px/1.6 ui-monospace, Menlo, Consolas, monospace; overflow-wrap: anywhere; min-width: 90px; max-width: 260px; }
.lines td:last-child { overflow-wrap: anywhere; min-width: 200px; }
.settings { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(250px, 100%), 1fr)); gap: 12px 28px; }
.settings dt { color: var(--soft); font-size: 13px; } .settings dd { overflow-wrap: anywhere; }
footer { color: var(--soft); font-size: 13px; margin-top: 24px; }
@media (max-width: 900px) { .tiles { grid-template-columns: repeat(3, 1fr); } }
@media (max-width: 640px) {
  main { padding: 24px 14px 40px; } h1 { font-size: 23px; } header { grid-template-columns: 1fr; } .state { grid-column: 1; grid-row: 1; } h1 { grid-row: 2; }
  .tiles { grid-template-columns: 1fr 1fr; gap: 14px 18px; } .tile dd { font-size: 23px; }
  .card { padding: 16px 14px 14px; border-radius: 8px; } .axis .minor { display: none; } .tall svg { height: 160px; } .tall .half { top: 74px; } .plot { padding-left: 38px; } .plot .y { width: 32px; }
  .bars th small { display: none; } .batches th { max-width: 80px; overflow: hidden; text-overflow: ellipsis; }
}
@media print { body { background: none; } .card { break-inside: avoid; padding: 12px 0; } }
`
