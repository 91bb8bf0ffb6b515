// Reads one output as its consumer does: judge.mjs MODULES FORMAT FILE EXITCODE. Ends with 1 and a line for each fault.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [modules, format, path, exitCode] = process.argv.slice(2);
const verdict = Number(exitCode);
const require = createRequire(pathToFileURL(`${modules}/`));
const text = readFileSync(path, 'utf8');
const faults = [];
const ask = (condition, fault) => condition || faults.push(fault);

function valid(schema, data, load) {
    const Ajv = require(load);
    const ajv = new (Ajv.default ?? Ajv)({ strict: false, allErrors: false });
    (require('ajv-formats').default ?? require('ajv-formats'))(ajv);
    const validate = ajv.compile(schema);
    ask(validate(data), `the schema: ${JSON.stringify(validate.errors)}`);
}

// Of outcomes, the verdict that they stand for.
const verdictOf = (outcomes) => outcomes.includes('unreadable') ? 3 : outcomes.includes('violated') ? 1 : outcomes.includes('undecided') ? 4 : 0;

const readers = {
    sarif() {
        const log = JSON.parse(text);
        valid(JSON.parse(readFileSync(`${modules}/@microsoft/sarif-multitool-linux/sarif-2.1.0.json`)), log, 'ajv/dist/2020');
        const results = log.runs.flatMap((run) => run.results);
        ask(verdictOf(results.map((r) => r.properties.outcome)) === verdict, 'the results tell another verdict');
        ask(results.some((r) => r.level === 'error') === (verdict === 1 || verdict === 3), 'errors tell another verdict');
        ask(verdict !== 4 || results.some((r) => r.level === 'warning'), 'what could not be told is no result');
        ask(log.runs.length <= 20, 'more than 20 runs');
        ask(new Set(log.runs.map((r) => r.automationDetails.id.replace(/\/[^/]*$/, ''))).size === log.runs.length, 'two runs of one category');
        ask(log.runs.every((r) => r.results.length <= 25000 && r.tool.driver.rules.length <= 25000), 'more than GitHub takes');
        for (const run of log.runs) {
            const prints = run.results.map((r) => r.partialFingerprints.primaryLocationLineHash);
            ask(new Set(prints).size === prints.length, 'a fingerprint twice');
            for (const r of run.results) {
                ask(r.locations.length === 1 && !r.locations[0].physicalLocation.artifactLocation.uri.startsWith('/'), 'a location that is not relative');
                ask(r.locations[0].physicalLocation.region.startLine >= 1, 'a location without a line');
                for (const link of r.message.text.matchAll(/(?<!\\)\]\((.*?)\)/g)) {
                    ask((r.relatedLocations ?? []).some((l) => String(l.id) === link[1]), `a link to ${link[1]}`);
                }
            }
        }
    },
    gitlab() {
        const issues = JSON.parse(text);
        valid({
            type: 'array',
            items: {
                type: 'object',
                required: ['description', 'check_name', 'fingerprint', 'severity', 'location'],
                properties: {
                    description: { type: 'string', minLength: 1, pattern: '^[^\\r\\n]*$' },
                    check_name: { type: 'string', minLength: 1 },
                    fingerprint: { type: 'string', minLength: 1 },
                    severity: { enum: ['info', 'minor', 'major', 'critical', 'blocker'] },
                    location: {
                        type: 'object',
                        required: ['path', 'lines'],
                        properties: {
                            path: { type: 'string', pattern: '^(?!\\./).+' },
                            lines: { type: 'object', required: ['begin'], properties: { begin: { type: 'integer', minimum: 1 } } },
                        },
                    },
                },
            },
        }, issues, 'ajv');
        ask(new Set(issues.map((i) => i.fingerprint)).size === issues.length, 'a fingerprint twice');
        const grave = issues.filter((i) => ['major', 'critical', 'blocker'].includes(i.severity));
        ask((grave.length > 0) === (verdict !== 0), 'the issues tell another verdict');
        ask(grave.some((i) => i.severity !== 'major') === (verdict === 1 || verdict === 3), 'the severities tell another verdict');
    },
    async github() {
        const { issueCommand } = await import(pathToFileURL(`${modules}/@actions/core/lib/command.js`));
        const data = (s) => s.replace(/%0A/g, '\n').replace(/%0D/g, '\r').replace(/%25/g, '%');
        const property = (s) => data(s.replace(/%3A/g, ':').replace(/%2C/g, ','));
        const commands = text.replace(/\n$/, '').split('\n').map((line) => {
            const found = /^::(error|warning|notice) (.*?)::(.*)$/.exec(line);
            if (!found) {
                faults.push(`no command: ${line}`);
                return { name: '' };
            }
            const properties = Object.fromEntries(found[2].split(',').map((p) => [p.slice(0, p.indexOf('=')), property(p.slice(p.indexOf('=') + 1))]));
            let written = '';
            const write = process.stdout.write;
            process.stdout.write = (s) => { written += s; return true; };
            issueCommand(found[1], properties, data(found[3]));
            process.stdout.write = write;
            ask(written === `${line}\n`, `@actions/core writes ${written} and not ${line}`);
            return { name: found[1], properties };
        });
        const count = (name) => commands.filter((c) => c.name === name).length;
        ask(count('error') <= 10 && count('warning') <= 10 && count('notice') <= 10, 'more than a step shows');
        ask((count('error') > 0) === (verdict === 1 || verdict === 3), 'the errors tell another verdict');
        ask(verdict !== 4 || count('warning') > 0, 'what could not be told is no warning');
    },
    junit() {
        const count = (tag) => (text.match(new RegExp(`<${tag}[ >/]`, 'g')) ?? []).length;
        ask(Buffer.byteLength(text) < 30e6, 'larger than GitLab takes');
        ask((count('failure') + count('error') > 0) === (verdict !== 0), 'the cases tell another verdict');
        ask((count('failure') > 0) === (verdict === 1 || (verdict === 3 && count('failure') > 0)), 'the failures tell another verdict');
        ask(verdict === 1 || (count('error') > 0) === (verdict !== 0), 'the errors tell another verdict');
    },
};

await readers[format]();
if (faults.length > 0) {
    console.log(faults.slice(0, 5).join('\n').slice(0, 3000));
    process.exit(1);
}
