import { THEMES } from '../figures/theme.js';

function variables(theme: keyof typeof THEMES): string {
  return Object.entries(THEMES[theme])
    .map(([name, value]) => `--${name}:${value}`)
    .join(';');
}

/** The page's style sheet: light by default and on paper, dark where the reader's system is. */
export const STYLE = `
:root{color-scheme:light dark;${variables('light')}}
@media screen and (prefers-color-scheme:dark){:root{${variables('dark')}}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;overflow-wrap:anywhere}
main,header,footer,nav{max-width:76rem;margin:0 auto;padding:0 1rem}
header{padding-top:2rem}
h1{font-size:clamp(1.5rem,4vw,2.1rem);line-height:1.2;margin:0 0 .5rem}
h2{font-size:1.35rem;line-height:1.3;margin:3rem 0 .4rem;border-top:1px solid var(--rule);padding-top:1.4rem}
h3{font-size:1rem;margin:1.2rem 0 .3rem}
p,ul,ol{max-width:46rem;margin:.4rem 0}
ul{padding-left:1.3rem}
.muted{color:var(--muted)}
a{color:var(--c1)}
:focus-visible{outline:2px solid var(--c1);outline-offset:2px}
nav ul{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;list-style:none;padding:0;max-width:none;margin:1rem 0 0;font-size:.92rem}
.answer{background:var(--raised);border:1px solid var(--rule);border-radius:.6rem;padding:1rem 1.2rem;margin:1.2rem 0}
.answer h2{border:0;padding:0;margin:0;font-size:1.05rem}
.verdict{font-size:1.12rem;font-weight:600;max-width:none}
.sides{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,18rem),1fr));gap:.2rem 2rem}
.plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,20.5rem),1fr));gap:1.6rem 1.6rem;margin-top:1rem;align-items:start}
figure{margin:0;min-width:0}
figure svg{display:block;width:100%;max-width:26rem;height:auto}
figcaption{font-size:.9rem;line-height:1.45;max-width:26rem}
figcaption h3{margin:0 0 .3rem}
figcaption p{margin:.3rem 0 0;color:var(--muted)}
ul.images{display:grid;grid-template-columns:repeat(auto-fill,minmax(8.5rem,1fr));gap:1rem;list-style:none;padding:0;max-width:none}
.images img{display:block;width:96px;height:96px;image-rendering:pixelated;border:1px solid var(--rule)}
.images li{font-size:.85rem;line-height:1.35}
details{margin-top:.4rem;font-size:.88rem}
summary{cursor:pointer;color:var(--muted)}
.table{overflow-x:auto;max-width:100%;margin:.6rem 0}
table{border-collapse:collapse;font-size:.88rem;font-variant-numeric:tabular-nums;overflow-wrap:normal}
th,td{padding:.28rem .7rem .28rem 0;text-align:right;border-bottom:1px solid var(--rule);white-space:nowrap}
th:first-child,td:first-child{text-align:left}
thead th{font-weight:600;vertical-align:bottom}
tbody th{font-weight:400}
code,pre{font-family:ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.88em}
pre{overflow-x:auto;background:var(--raised);border:1px solid var(--rule);border-radius:.4rem;padding:.6rem .8rem}
footer{padding-top:2rem;padding-bottom:3rem;color:var(--muted);font-size:.9rem}
@media print{
body{font-size:10.5pt}
nav,details:not([open]){display:none}
h2{break-after:avoid}
figure,.answer,tr{break-inside:avoid}
.table{overflow:visible}
th,td{white-space:normal}
.plots{grid-template-columns:1fr 1fr}
}
`;
