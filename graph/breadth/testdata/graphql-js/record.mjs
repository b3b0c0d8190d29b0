// Executes operations.json with graphql-js over the torture schema and writes the answers to answers.json.gz. The values
// are those of torture/values.go and torture/resolvers.go.
import { readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { buildSchema, execute, parse, validate } from 'graphql';

const here = (name) => new URL(name, import.meta.url);

function hash(key, name) {
  let h = 2166136261;
  for (const c of new TextEncoder().encode(`${key}/${name}`)) h = Math.imul(h ^ c, 16777619) >>> 0;
  h = (h ^ (h >>> 15)) >>> 0;
  h = Math.imul(h, 2246822519) >>> 0;
  return (h ^ (h >>> 13)) >>> 0;
}
const chance = (key, name, oneIn) => hash(key, name) % oneIn === 0;
const isNull = (key, name) => chance(key, 'null:' + name, 12);
const odd = (key) => key % 2 === 1;
const child = (key, name) => ((hash(key, 'child:' + name) & ~1) | (key & 1)) >>> 0;

// What a resolver returns for a null of a Go type that has none.
function resolved(f, zero = null) {
  return (key, name) => {
    if (chance(key, 'error:' + name, 24) || chance(key, 'panic:' + name, 48)) throw new Error('injected');
    return isNull(key, name) ? zero : f(key, name);
  };
}
const maybe = (f) => (key, name) => (isNull(key, name) ? null : f(key, name));
const list = (f) => (key, name) => Array.from({ length: hash(key, 'length:' + name) % 4 }, (_, i) => f(key, `${name}.${i}`));

const mustText = (key, name) => {
  const h = hash(key, name);
  return h % 7 === 0 ? `"quoted"\\\n\t\u0001é\u2028<${h % 1000}` : `s${h % 1000}`;
};
const text = maybe(mustText);
const number = (key, name) => {
  const h = hash(key, name);
  return h % 61 === 0 && odd(key) ? 2 ** 31 + (h % 100) : (h % 1000) - 500;
};
const float = (key, name) => {
  const h = hash(key, name);
  if (odd(key) && h % 61 === 0) return NaN;
  if (odd(key) && h % 61 === 1) return Infinity;
  return (h % 1000) / 8 - 20;
};
const boolean = (key, name) => hash(key, name) % 2 === 0;
const instant = (key, name) => new Date(hash(key, name) * 1000).toISOString().replace('.000Z', 'Z');
const color = (key, name) => {
  const h = hash(key, name);
  return h % 31 === 0 && odd(key) ? 'PURPLE' : ['RED', 'GREEN', 'BLUE'][h % 3];
};
const size = (key, name) => ['SMALL', 'LARGE'][hash(key, name) % 2];
const mood = (key, name) => ['CALM', 'WILD'][hash(key, name) % 2];
const serial = (key, name) => String(number(key, name));
const even = (key, name) => {
  const h = hash(key, name);
  return h % 13 === 0 && odd(key) ? 7 : (h % 500) * 2;
};
const moody = (key, name) => {
  const h = hash(key, name);
  return h % 17 === 0 ? 'panic' : h % 17 === 1 ? null : `m${h % 100}`;
};
const object = (type) => (key, name) => ({ __typename: type, key: child(key, name) });
const concrete = (...types) => maybe((key, name) => object(types[hash(key, 'type:' + name) % types.length])(key, name));
const [makeA, makeB, makeHeld, makeSecret] = ['A', 'B', 'Held', 'Secret'].map(object);
const makeNode = concrete('A', 'B', 'C');
const makeNamed = concrete('A', 'B');
const makeLoud = concrete('A', 'C');
const makeAnything = concrete('A', 'B', 'C');

const id = (letter) => (key) => letter + key;
const guard = (mod, f) => (key, name, args) => {
  if (key % mod === 0) throw new Error('guarded');
  return f(key, name, args);
};
const hide = (f) => (key, name) => (key % 5 === 1 ? null : f(key, name));
const shout = (f) => (key, name) => {
  const s = f(key, name);
  return s === null ? null : s + '!';
};
const refuse = () => {
  throw new Error('refused');
};
const positive = (input) => {
  if (!input) return null;
  if (input.int < 0) refuse();
  return { Int: input.int, String: input.string ?? null, Inner: positive(input.inner), Colors: input.colors ?? null };
};

const fields = {
  A: {
    id: id('A'), name: text, pString: text, pStringN: mustText, pInt: maybe(number), pIntN: number, pFloat: maybe(float),
    pFloatN: float, pBool: maybe(boolean), pBoolN: boolean, pTime: maybe(instant), pTimeN: instant,
    pLongN: (key, name) => hash(key, name) * 2 ** 20, pColor: maybe(color), pColorN: color, pSize: maybe(size), pSizeN: size,
    pEven: maybe(even), pEvenN: even, pMoody: maybe(moody), pMoodyN: moody, pCode: maybe((k, n) => `C-${hash(k, n)}`),
    pCodeN: (k, n) => `C-${hash(k, n)}`, pAny: text,
    pMood: maybe(mood), pMoodN: mood, pMoods: maybe(list(mood)), pSizes: maybe(list(size)), pSerial: maybe(serial), pSerialN: serial,
    pForbidden: text,
    pStrings: maybe(list(text)), pStringsN: maybe(list(mustText)), pStringsNN: list(mustText),
    pInts: list(list(number)), pIntsN: maybe(list(maybe(list(maybe(number))))), pColors: maybe(list(color)),
    pHeld: maybe(makeHeld), pHeldN: maybe(makeHeld), pHelds: maybe(list(maybe(makeHeld))), pHeldsN: list(maybe(makeHeld)),
    pHeldValues: list(makeHeld), pMap: maybe((key) => ({ __typename: 'Map', key })),
    pDeep: (key) => (isNull(key, 'pDeep') ? refuse() : text(key, "pDeep'")),
    pShouted: shout(text), pGuarded: guard(7, mustText), pHidden: hide(maybe(number)),
    mPure: mustText, mChecked: text, mError: resolved(number, 0), mContext: resolved(float),
    mHeld: (key, _, { n }) => (n === null ? refuse() : maybe(list(maybe(makeHeld)))(key, 'mHeld' + n)),
    string: resolved(text), stringN: resolved(mustText, ''), strings: resolved(list(mustText)),
    kid: resolved(makeA), kidN: resolved(makeA), kids: resolved(list(maybe(makeA))), kidsN: resolved(list(maybe(makeA))),
    kidsNN: resolved(list(makeA), []), nested: resolved(list(maybe(list(maybe(makeA))))),
    nestedN: resolved(list(list(maybe(makeA))), []), nodes: resolved(list(makeNode)), nodesN: resolved(list(makeNode), []),
    nameds: resolved(list(makeNamed)), anything: resolved(makeAnything), anythingN: resolved(makeAnything),
    anythings: resolved(list(maybe(list(makeAnything)))), louds: resolved(list(makeLoud)),
    echo: (key, name, { int, string, ints, color, input, size }) => {
      const told = JSON.stringify([int ?? null, string ?? null, ints ?? null, color ?? null, positive(input),
        size == null ? null : ['SMALL', 'LARGE'].indexOf(size)]);
      return resolved((k) => `${k % 10}${told}`, '')(key, name);
    },
    page: (key, name, { first, after }) => {
      if (first < 0 || first > 5) refuse();
      return resolved((k, n) => list(makeA)(k, n).slice(0, first))(key, name + (after ?? ''));
    },
    single: resolved(makeA), singleN: resolved(makeA), singles: resolved(list(makeA)),
    guarded: guard(5, resolved(makeA)), guardedN: guard(6, resolved(makeA)), hidden: guard(9, hide(resolved(list(makeA)))),
    shouted: shout(resolved(text)), signedIn: refuse, secret: guard(3, resolved(makeSecret)),
  },
  B: { id: id('B'), name: text, pStringN: mustText, kid: resolved(makeA), twins: resolved(list(makeB)) },
  C: { id: id('C'), name: text, pIntN: number, kid: resolved(makeNode), others: resolved(list(makeAnything), []) },
  Secret: { id: id('S'), pStringN: mustText },
  Held: {
    pString: text, pStringN: mustText, pIntN: number, pColor: maybe(color),
    pInner: (key, name) => (hash(key, 'inner') % 3 === 0 ? makeHeld(key, name) : null), kid: resolved(makeA),
  },
  Map: { title: text, size: maybe(number), inner: maybe(makeHeld) },
};
const numbered = (type) => (_, { id }) => ({ __typename: type, key: id });
const roots = {
  Query: {
    a: numbered('A'), aN: numbered('A'), as: () => [10, 12, 14].map((key) => ({ __typename: 'A', key })),
    node: (_, { id }) => makeNode(id, 'node'), anythings: () => [0, 2, 4, 6, 8, 10].map((key) => makeAnything(key, 'anythings')),
    b: () => makeB(4, 'b'), failing: refuse, panicking: refuse, signedIn: refuse, guarded: refuse, missing: () => null,
  },
  Mutation: {
    bump: (state, { by }) => resolved(makeA)((state.counter += by) >>> 0, 'bump'),
    bumpN: (state, { by }) => resolved(makeA)((state.counter += by) >>> 0, 'bump'),
    count: (state) => state.counter,
  },
};

const schema = buildSchema(readFileSync(here('../../torture/schema.graphqls'), 'utf8'));
schema.getType('Even').serialize = (n) => (n % 2 === 0 ? n : refuse());
schema.getType('Moody').serialize = (s) => (s === 'panic' ? refuse() : s);
for (const [type, resolvers] of Object.entries(fields)) {
  for (const [name, resolve] of Object.entries(resolvers)) {
    schema.getType(type).getFields()[name].resolve = (parent, args) => resolve(parent.key, name, args);
  }
}
for (const [type, resolvers] of Object.entries(roots)) {
  for (const [name, resolve] of Object.entries(resolvers)) schema.getType(type).getFields()[name].resolve = resolve;
}

const operations = JSON.parse(readFileSync(here('operations.json'), 'utf8'));
const answers = [];
for (const { query, variables } of operations) {
  const document = parse(query);
  const invalid = validate(schema, document);
  if (invalid.length) throw new Error(`${query}\n${invalid}`);
  const { data, errors } = await execute({ schema, document, variableValues: variables, rootValue: { counter: 0 } });
  answers.push({ query, variables, data: JSON.stringify(data), errors: errors?.map((e) => e.path ?? null) });
}
writeFileSync(here('answers.json.gz'), gzipSync(JSON.stringify(answers), { level: 9 }));
console.log(`${answers.length} answers`);
