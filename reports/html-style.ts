/** The page's own style; light and dark, and fit for print. */
export const style = `
:root { color-scheme: light dark; --ink: #1c2430; --paper: #fff; --soft: #f3f5f8; --line: #d9dee6; --dim: #5b6675;
  --critical: #8f1d3f; --high: #c8322b; --medium: #d17b0f; --low: #3d7ab8; --info: #7b8794; --good: #1f7a4d; --doubt: #6a4fb3; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ee; --paper: #14181f; --soft: #1c222b; --line: #323b48; --dim: #98a3b3;
  --critical: #d65a80; --high: #ef6a62; --medium: #e9a24a; --low: #6fabe6; --info: #93a0af; --good: #53b987; --doubt: #a792ea; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", Roboto, sans-serif; }
header, main { max-width: 1200px; margin: 0 auto; padding: 0 24px; }
header { border-bottom: 3px solid var(--ink); padding-top: 28px; }
h1 { margin: 0; font-size: 26px; letter-spacing: .02em; } header p { margin: 4px 0 16px; color: var(--dim); }
h2 { font-size: 19px; margin: 36px 0 8px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); gap: 12px; margin-top: 24px; }
.tile { background: var(--soft); border-radius: 8px; padding: 14px 16px; border-left: 4px solid var(--info); }
.tile b { display: block; font-size: 28px; line-height: 1.1; font-variant-numeric: tabular-nums; } .tile span { color: var(--dim); }
.tile.pass { border-color: var(--good); } .tile.fail { border-color: var(--high); } .tile.unknown, .tile.error { border-color: var(--doubt); }
svg.bar { width: 100%; height: 18px; border-radius: 6px; display: block; }
rect.critical { fill: var(--critical); } rect.high { fill: var(--high); } rect.medium { fill: var(--medium); } rect.low { fill: var(--low); } rect.info { fill: var(--info); }
ul.key, ul.controls { list-style: none; display: flex; flex-wrap: wrap; gap: 6px 18px; padding: 0; margin: 8px 0; }
ul.key i { display: inline-block; width: 11px; height: 11px; border-radius: 3px; margin-right: 6px; }
i.critical, .badge.critical { background: var(--critical); } i.high, .badge.high { background: var(--high); } i.medium, .badge.medium { background: var(--medium); }
i.low, .badge.low { background: var(--low); } i.info, .badge.info { background: var(--info); }
.badge { color: var(--paper); border-radius: 4px; padding: 1px 8px; font-size: 12px; font-weight: 600; text-transform: uppercase; }
ul.controls li { border: 1px solid var(--line); border-radius: 10px; padding: 0 9px; font-size: 12px; color: var(--dim); }
details { margin: 8px 0; } summary { cursor: pointer; } details.card { border: 1px solid var(--line); border-radius: 8px; padding: 10px 14px; }
details.card > summary { font-weight: 600; } .count { float: right; color: var(--dim); } .fix { color: var(--dim); margin: 8px 0 0; }
code { font: 12.5px/1.4 ui-monospace, "Cascadia Mono", Menlo, monospace; color: var(--dim); overflow-wrap: anywhere; }
table { width: 100%; border-collapse: collapse; margin: 8px 0; font-size: 13.5px; }
th { text-align: left; color: var(--dim); font-weight: 600; border-bottom: 1px solid var(--line); padding: 4px 8px; }
td { border-bottom: 1px solid var(--line); padding: 5px 8px; vertical-align: top; overflow-wrap: anywhere; } td.id { width: 36%; font: 12.5px/1.5 ui-monospace, Menlo, monospace; }
td.n { text-align: right; font-variant-numeric: tabular-nums; }
.status { white-space: nowrap; font-weight: 600; } .status.pass, b.pass { color: var(--good); } .status.fail, b.fail { color: var(--high); } .status.error, .status.unknown { color: var(--doubt); } .status.not-assessed { color: var(--dim); font-weight: 400; }
.alarm { border-left: 4px solid var(--doubt); padding-left: 16px; } .calm { color: var(--good); font-weight: 600; }
@media print { details { break-inside: avoid; } header { border-color: #000; } }
`;
