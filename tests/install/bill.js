// Judges a bill of materials by the schema of CycloneDX that npm's @cyclonedx/cyclonedx-library ships: node bill.js FILE
const { readFileSync } = require('node:fs');
const { Spec, Validation } = require('@cyclonedx/cyclonedx-library');

const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
validator.validate(readFileSync(process.argv[2], 'utf8')).then(error => {
    if (error !== null) {
        console.error(JSON.stringify(error));
        process.exitCode = 1;
    }
}, problem => {
    console.error(String(problem));
    process.exitCode = 2;
});
