// What the checks found: a line each, and how many passed and failed.

export class Report {
    passed = 0;
    failed = 0;

    /** Notes a check. It failed if there is a problem. */
    check(name, problem) {
        if (problem === undefined) {
            this.passed += 1;
            console.log(`ok    ${name}`);
            return;
        }
        this.failed += 1;
        console.log(`FAIL  ${name}`);
        for (const line of problem.split('\n')) console.log(`      ${line}`);
    }

    /** Checks that two JSON values are the same. */
    equal(name, actual, expected) {
        this.check(name, difference(actual, expected));
    }

    /** Prints the sum. Returns the exit status. */
    close() {
        console.log(`${this.passed} passed, ${this.failed} failed`);
        if (this.passed + this.failed === 0) console.error('nothing was checked');
        return this.failed === 0 && this.passed > 0 ? 0 : 1;
    }
}

/** Where two JSON values differ, or nothing if they are the same. */
export function difference(actual, expected) {
    const lines = [...differences(plain(actual), expected, '$')];
    return lines.length === 0 ? undefined : lines.join('\n');
}

/** The value as it would be on the wire. */
export function plain(value) {
    return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

function* differences(actual, expected, path) {
    if (isObject(actual) && isObject(expected)) {
        const keys = new Set([...Object.keys(actual), ...Object.keys(expected)]);
        for (const key of [...keys].sort()) {
            if (!Object.hasOwn(actual, key)) yield `${path}.${key} is missing: ${shown(expected[key])}`;
            else if (!Object.hasOwn(expected, key)) yield `${path}.${key} is too much: ${shown(actual[key])}`;
            else yield* differences(actual[key], expected[key], `${path}.${key}`);
        }
    } else if (Array.isArray(actual) && Array.isArray(expected) && actual.length === expected.length) {
        for (const index of actual.keys())
            yield* differences(actual[index], expected[index], `${path}[${index}]`);
    } else if (!same(actual, expected)) {
        yield `${path} is ${shown(actual)}, not ${shown(expected)}`;
    }
}

function isObject(value) {
    return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof RegExp);
}

/** Whether two JSON values without members are the same, or a text fits a pattern. */
function same(actual, expected) {
    if (expected instanceof RegExp) return typeof actual === 'string' && expected.test(actual);
    return actual === expected;
}

function shown(value) {
    return value instanceof RegExp ? String(value) : JSON.stringify(value);
}
