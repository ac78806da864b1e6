// Every rule the page breaks, as sentences; see accessibility.py.
() => {
  const found = [];
  const all = [...document.querySelectorAll('*')];
  const shown = e => { const s = getComputedStyle(e), r = e.getBoundingClientRect(); return s.display !== 'none' && s.visibility !== 'hidden' && r.width > 0 && r.height > 0; };
  if (!/^[a-z]{2}/.test(document.documentElement.lang)) found.push('html has no lang');
  if (!document.title.trim()) found.push('no title');
  if (document.querySelectorAll('main').length !== 1) found.push('not exactly one main');
  if (document.querySelectorAll('h1').length !== 1) found.push('not exactly one h1');
  const viewport = document.querySelector('meta[name=viewport]');
  if (!viewport || /user-scalable *= *no|maximum-scale/.test(viewport.content)) found.push('page cannot be zoomed');
  let last = 0;
  for (const h of document.querySelectorAll('h1,h2,h3,h4')) { const n = +h.tagName[1]; if (n > last + 1) found.push('heading jumps to ' + h.tagName); last = n; if (!h.textContent.trim()) found.push('empty heading'); }
  const ids = all.map(e => e.id).filter(Boolean);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) found.push('id twice: ' + id);
  for (const e of document.querySelectorAll('input:not([type=hidden]),textarea,select')) if (![...(e.labels || [])].some(l => l.textContent.trim())) found.push('no label: ' + e.name);
  for (const e of document.querySelectorAll('[aria-describedby]')) for (const id of e.getAttribute('aria-describedby').split(' ')) if (!document.getElementById(id)) found.push('describes nothing: ' + id);
  for (const e of document.querySelectorAll('button,a')) if (!e.textContent.trim()) found.push('no name: ' + e.outerHTML);
  for (const f of document.querySelectorAll('fieldset')) if (!f.querySelector('legend') || !f.querySelector('legend').textContent.trim()) found.push('fieldset without legend');
  for (const r of document.querySelectorAll('input[type=radio]')) if (!r.closest('fieldset')) found.push('radio outside a fieldset');
  for (const t of document.querySelectorAll('table')) { if (!t.caption || !t.caption.textContent.trim()) found.push('table without caption'); for (const th of t.querySelectorAll('th')) if (!th.scope) found.push('th without scope'); }
  for (const d of document.querySelectorAll('dl')) for (const c of d.children) if (!['DT', 'DD'].includes(c.tagName)) found.push('in dl: ' + c.tagName);
  for (const i of document.querySelectorAll('img')) if (!i.hasAttribute('alt')) found.push('img without alt');
  for (const e of all) { if (e.tabIndex > 0) found.push('positive tabindex'); if (e.getAttribute('role') && !['alert', 'status'].includes(e.getAttribute('role'))) found.push('role ' + e.getAttribute('role')); }
  for (const e of document.querySelectorAll('button,label.choice')) { const r = e.getBoundingClientRect(); if (shown(e) && (r.height < 44 || r.width < 44)) found.push('target too small: ' + e.textContent.trim()); }
  if (document.documentElement.scrollWidth > document.documentElement.clientWidth) found.push('scrolls sideways: ' + document.documentElement.scrollWidth);
  const rgb = c => c.match(/[\d.]+/g).map(Number);
  const light = ([r, g, b]) => { const f = v => { v /= 255; return v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; }; return .2126 * f(r) + .7152 * f(g) + .0722 * f(b); };
  const behind = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
  const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + .05) / (y + .05); };
  for (const e of all) {
    if (!shown(e) || ![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()) || ['STYLE', 'TITLE'].includes(e.tagName)) continue;
    const s = getComputedStyle(e), r = ratio(rgb(s.color), behind(e));
    if (r < 4.5) found.push('contrast ' + r.toFixed(2) + ': ' + e.textContent.trim().slice(0, 30));
    if (parseFloat(s.fontSize) < 13) found.push('text of ' + s.fontSize + ': ' + e.textContent.trim().slice(0, 30));
  }
  for (const e of document.querySelectorAll('textarea')) { const r = ratio(rgb(getComputedStyle(e).borderTopColor), behind(e.parentElement)); if (r < 3) found.push('border of the field: ' + r.toFixed(2)); }
  return found;
}
