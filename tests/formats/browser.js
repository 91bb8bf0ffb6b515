// Judges documents in Chromium: browser.js LIST [FOLDER FOR SCREENSHOTS]. LIST has a row for each: name, most kB, file, texts that it has to show.
// Each kind of check first refuses a document that is made wrong on purpose; the last line is "N passed, N failed, N skipped".
const fs = require('fs');
const http = require('http');
const path = require('path');
const { chromium } = require('playwright-core');
const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const [, , list, shots] = process.argv;
const rows = fs.readFileSync(list, 'utf8').split('\n').filter(Boolean).map((line) => {
  const [name, kib, file, texts] = line.split('\t');
  return { name, kib: Number(kib), file, texts: texts ? texts.split('\x1f') : [] };
});
let passed = 0;
let failed = 0;
const allowed = new Set(('html head meta title style body main h1 h2 h3 h4 p strong code span a section div ul li details summary table caption thead tbody tr th td dl dt dd pre br '
  + 'svg desc g rect text line path pattern').split(' '));

// A server that counts what is asked of it: a file:// page has no icon to ask for.
let asked = [];
let body = '';
let type = '';
const server = http.createServer((request, response) => {
  asked.push(request.url);
  response.writeHead(request.url === '/document' ? 200 : 404, { 'content-type': type });
  response.end(request.url === '/document' ? body : '');
});

// Colours of SVG text against what is painted below it: axe does not judge them.
const contrasts = () => {
  const parse = (c) => { const m = c.match(/rgba?\(([\d.]+), ([\d.]+), ([\d.]+)(?:, ([\d.]+))?\)/); return m && Number(m[4] ?? 1) > 0 ? [+m[1], +m[2], +m[3]] : null; };
  const light = (c) => { const [r, g, b] = c.map((v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const wrong = [];
  let lowest = 99;
  let count = 0;
  for (const svg of document.querySelectorAll('svg')) {
    const all = [...svg.querySelectorAll('rect, text')];
    for (const text of all.filter((e) => e.tagName === 'text')) {
      const style = getComputedStyle(text);
      const box = text.getBoundingClientRect();
      if (!box.width) continue;
      count++;
      const ink = parse(style.fill);
      const halo = style.paintOrder.startsWith('stroke') && style.strokeWidth !== '0px' ? parse(style.stroke) : null;
      for (const x of [box.left + 1, (box.left + box.right) / 2, box.right - 1]) {
        const y = (box.top + box.bottom) / 2;
        let ground = parse(getComputedStyle(document.body || document.documentElement).backgroundColor);
        for (const rect of all) {
          if (rect === text) break;
          if (rect.tagName !== 'rect') continue;
          const r = rect.getBoundingClientRect();
          const fill = parse(getComputedStyle(rect).fill);
          if (fill && r.left <= x && x <= r.right && r.top <= y && y <= r.bottom) ground = fill;
        }
        ground = halo || ground || [255, 255, 255];
        const [a, b] = [light(ink), light(ground)].sort((p, q) => q - p);
        const ratio = (a + 0.05) / (b + 0.05);
        lowest = Math.min(lowest, ratio);
        if (ratio < 4.5) wrong.push(`${text.textContent} ${ratio.toFixed(2)}`);
      }
    }
  }
  return { wrong: [...new Set(wrong)].slice(0, 5), lowest, count };
};

// A label in a box stays in it; one beside a box stays in the picture, and off the other labels of its height.
const labels = () => {
  const wrong = [];
  for (const svg of document.querySelectorAll('svg[role=img]')) {
    const whole = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll('g > text')].map((e) => ({ e, b: e.getBoundingClientRect() }));
    for (const { e, b } of texts) {
      if (b.left < whole.left - 1 || b.right > whole.right + 1) wrong.push(`${e.textContent} leaves the picture`);
      const isInside = !/beside|demand/.test(e.getAttribute('class') || '');
      const box = e.parentNode.querySelector('rect').getBoundingClientRect();
      if (isInside && (b.left < box.left - 0.5 || b.right > box.right + 0.5)) wrong.push(`${e.textContent} leaves its box`);
    }
    const sorted = texts.sort((a, c) => a.b.top - c.b.top || a.b.left - c.b.left);
    for (let i = 1; i < sorted.length; i++) {
      const [a, c] = [sorted[i - 1], sorted[i]];
      if (Math.abs(a.b.top - c.b.top) < 6 && a.b.right > c.b.left + 1 && a.b.left < c.b.right - 1) wrong.push(`${a.e.textContent} lies on ${c.e.textContent}`);
    }
  }
  return wrong.slice(0, 5);
};

const pagesOf = (pdf) => (pdf.toString('latin1').match(/\/Type\s*\/Page[^s]/g) || []).length;

// Everything about one document: a list of [check, what is wrong].
async function judge(browser, row, content, shot) {
  const found = [];
  const add = (check, wrong) => found.push([check, wrong]);
  const isSvg = row.file.endsWith('.svg');
  body = content;
  type = isSvg ? 'image/svg+xml' : 'text/html; charset=utf-8';
  add('size', content.length > row.kib * 1000 ? `${content.length} bytes of ${row.kib} kB` : '');
  for (const scheme of ['light', 'dark']) {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, colorScheme: scheme });
    const errors = [];
    const requests = [];
    page.on('console', (m) => errors.push(m.text()));
    page.on('pageerror', (e) => errors.push(String(e)));
    page.on('dialog', (d) => { errors.push(`dialog ${d.message()}`); d.dismiss(); });
    page.on('request', (r) => requests.push(r.url()));
    asked = [];
    await page.goto(`http://127.0.0.1:${server.address().port}/document`);
    await page.waitForTimeout(30);
    add(`${scheme}: no request`, [...asked, ...requests].filter((u) => !u.endsWith('/document')).join(' '));
    add(`${scheme}: no error`, errors.join('; '));
    if (scheme === 'light') {
      const names = await page.evaluate(() => [...document.querySelectorAll('*')].flatMap((e) => [e.tagName.toLowerCase(), ...e.getAttributeNames().filter((n) => /^on|^style$/.test(n)).map((n) => `@${n}`)]));
      add('elements', [...new Set(names)].filter((n) => !allowed.has(n)).join(' '));
      const text = await page.evaluate(() => document.documentElement.textContent);
      add('texts', row.texts.filter((t) => !text.includes(t)).join(' | '));
      add('labels', (await page.evaluate(labels)).join('; '));
      if (!isSvg) {
        add('policy', await page.evaluate(() => document.querySelector('meta[http-equiv=Content-Security-Policy]')?.content === "default-src 'none'; style-src 'unsafe-inline'" ? '' : 'other or none'));
      }
    }
    const { wrong, lowest, count } = await page.evaluate(contrasts);
    add(`${scheme}: contrast in pictures`, wrong.join('; '));
    if (count && process.env.VERBOSE) console.log(`     ${row.name} ${scheme}: lowest contrast in the picture ${lowest.toFixed(2)} of ${count} texts`);
    if (!isSvg) {
      await page.evaluate(() => document.querySelectorAll('details').forEach((d) => { d.open = true; }));
      await page.evaluate(axe);
      const result = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
      add(`${scheme}: axe`, result.violations.map((v) => `${v.id}: ${v.nodes[0].html.slice(0, 160)}`).join('; '));
      await page.evaluate(() => document.querySelectorAll('details').forEach((d) => { d.open = false; }));
    }
    if (shot) await page.screenshot({ path: path.join(shot, `${row.name}-${scheme}.png`), fullPage: !isSvg && content.length < 300000 });
    await page.close();
  }
  if (!isSvg) {
    const page = await browser.newPage({ viewport: { width: 400, height: 800 } });
    await page.goto(`http://127.0.0.1:${server.address().port}/document`);
    await page.evaluate(() => document.querySelectorAll('details').forEach((d) => { d.open = true; }));
    const width = await page.evaluate(() => Math.max(document.documentElement.scrollWidth, document.body.scrollWidth));
    add('400 px', width > 400 ? `the page is ${width} pixels wide` : '');
    if (shot) await page.screenshot({ path: path.join(shot, `${row.name}-400.png`) });
    // What is before the rules of a single verdict, alone on paper.
    // The break behind it makes a page of nothing where nothing follows.
    if (await page.evaluate(() => {
      const front = document.querySelector('.front');
      while (front?.nextSibling) front.nextSibling.remove();
      if (front) front.style.breakAfter = 'auto';
      return !!front;
    })) {
      const pages = pagesOf(await page.pdf({ preferCSSPageSize: true }));
      add('verdict and map on one page of paper', pages === 1 ? '' : `${pages} pages`);
      if (shot) {
        await page.emulateMedia({ media: 'print' });
        await page.setViewportSize({ width: 718, height: 1047 });
        await page.screenshot({ path: path.join(shot, `${row.name}-print.png`) });
      }
    }
    await page.close();
  }
  return found;
}

(async () => {
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: ['--no-sandbox'] });
  const good = rows.find((r) => r.name === 'violated');
  const whole = good && good.file ? fs.readFileSync(good.file, 'utf8') : '';
  const broken = {
    size: (s) => s + ' '.repeat(200000),
    'light: no request': (s) => s.replace(/<meta http-equiv[^>]*>/, '').replace('</main>', '<img alt="" src="/other.png"/></main>'),
    'light: no error': (s) => s.replace('</main>', '<img alt="" src="/other.png"/></main>'),
    elements: (s) => s.replace('</main>', '<b>bold</b></main>'),
    texts: (s) => s.replaceAll('must start at byte 8', 'must start'),
    labels: (s) => s.replace('font-size:12.5px', 'font-size:18px'),
    policy: (s) => s.replace('default-src &#39;none&#39;', 'default-src &#39;self&#39;'),
    'light: contrast in pictures': (s) => s.replace('--ontag:#fff', '--ontag:#c96'),
    'dark: contrast in pictures': (s) => s.replace('--list:#1f416b', '--list:#cde1fb'),
    'light: axe': (s) => s.replace('<html lang="en"', '<html'),
    'dark: axe': (s) => s.replace('--quiet:#b0b6c0', '--quiet:#555'),
    '400 px': (s) => s.replaceAll('overflow-x:auto', 'overflow-x:visible'),
    'verdict and map on one page of paper': (s) => s.replace('max-height:165mm', 'height:400mm'),
  };
  const done = (name, check, wrong) => {
    if (wrong) {
      failed++;
      console.log(`FAILED   ${name}: ${check}: ${wrong}`);
    } else {
      passed++;
    }
  };
  for (const [check, spoil] of Object.entries(broken)) {
    const spoilt = spoil(whole);
    const result = spoilt === whole ? [] : await judge(browser, good, spoilt, null);
    done('a document that is wrong on purpose', check, result.some(([c, wrong]) => c === check && wrong) ? '' : spoilt === whole ? 'nothing to spoil in it' : 'it passed');
  }
  for (const row of rows) {
    if (!row.file) {
      done(row.name, 'document', 'there is none');
      continue;
    }
    const before = failed;
    for (const [check, wrong] of await judge(browser, row, fs.readFileSync(row.file, 'utf8'), shots)) done(row.name, check, wrong);
    console.log(`${failed === before ? 'ok      ' : 'not ok  '} ${row.name}`);
  }
  await browser.close();
  server.close();
  console.log(`${passed} passed, ${failed} failed, 0 skipped`);
  process.exitCode = failed ? 1 : 0;
})();
