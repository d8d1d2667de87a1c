// The cases in `../cases`, which all client suites share. `cases.py` in
// `../python` says what is in them.

import { readFileSync, readdirSync } from 'node:fs';

import { difference } from './report.mjs';

const FOLDER = new URL('../cases/', import.meta.url);
const ABSENT = Symbol('absent');

/** Reads a file of cases. */
export function load(name) {
    const file = JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8'));
    // Whether the clients have to be such that can be asked.
    const asks = file.cases.some(case_ => case_.asked !== undefined);
    return { name, asks, ...file };
}

/** The names of all files of cases. */
export function names() {
    const files = readdirSync(FOLDER).filter(file => file.endsWith('.json'));
    return files.map(file => file.slice(0, -'.json'.length)).sort();
}

/** What is expected of a host that speaks this revision. */
export function at(value, revision) {
    if (Array.isArray(value)) return value.map(item => at(item, revision));
    if (typeof value !== 'object' || value === null) return value;
    const keys = Object.keys(value);
    if (keys.length === 1 && keys[0] === '$at') {
        // Revisions are dates, so the order of their names is theirs.
        const reached = Object.keys(value.$at)
            .sort()
            .findLast(since => since <= revision);
        return reached === undefined ? ABSENT : at(value.$at[reached], revision);
    }
    if (keys.length === 1 && keys[0] === '$re') return new RegExp(`^(?:${value.$re})$`, 's');
    const members = Object.entries(value).map(([key, item]) => [key, at(item, revision)]);
    return Object.fromEntries(members.filter(([, item]) => item !== ABSENT));
}

/** What a request ends with: a result or an error, and what comes before it. */
export function outcome(case_, revision) {
    const error = at(case_.error ?? { $at: {} }, revision);
    return {
        ...(error === ABSENT ? { result: at(case_.result, revision) } : { error }),
        progress: at(case_.progress ?? [], revision),
        logs: at(case_.logs ?? [], revision),
    };
}

/** Whoever answers for the client, as the case under way says. */
export class Person {
    #expected = [];
    #open = [];
    #heard = [];

    /** Gets ready for the questions of a case. */
    expect(case_, revision) {
        this.#expected = at(case_.asked ?? [], revision);
        this.#open = [...this.#expected];
        this.#heard = [];
    }

    /** Answers the next question of a kind. Nothing is what is said to unexpected ones. */
    answer({ method, params }) {
        const index = this.#open.findIndex(ask => ask.method === method);
        const [known] = index < 0 ? [] : this.#open.splice(index, 1);
        // Nobody cares what a question without parameters has.
        const about = known !== undefined && known.params === undefined;
        this.#heard.push(about ? { method } : { method, params });
        return known?.answer ?? { action: 'cancel' };
    }

    /** How what was asked differs from what was expected. What is asked at once has no order. */
    problem() {
        const expected = this.#expected.map(({ answer: _, ...ask }) => ask);
        const byMethod = (one, other) => one.method.localeCompare(other.method);
        return difference(this.#heard.sort(byMethod), expected.sort(byMethod));
    }
}

/** The part of a list that the case is about: some items, some of their members. */
export function narrowed(case_, result) {
    const { only, fields } = case_;
    if (only === undefined && fields === undefined) return result;
    const [[member, all]] = Object.entries(result);
    const items = all.filter(item => only === undefined || only.includes(item.name));
    if (fields === undefined) return { [member]: items };
    const pick = item => fields.filter(key => Object.hasOwn(item, key)).map(key => [key, item[key]]);
    return { [member]: items.map(item => Object.fromEntries(pick(item))) };
}
