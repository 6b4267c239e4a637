import * as ts from 'typescript';

/** One module that a source names, in whatever way. */
export interface Reference {
  /** Absent when the source computes the name. */
  readonly module: string | undefined;
  /** Nothing of it is left at run time. */
  readonly typeOnly: boolean;
  readonly line: number;
}

export interface Mention {
  readonly name: string;
  readonly line: number;
}

export interface References {
  readonly modules: readonly Reference[];
  readonly timers: readonly Mention[];
  /** Calls that change or end the whole process. */
  readonly processCalls: readonly Mention[];
}

const TIMERS = new Set(['setTimeout', 'setInterval', 'setImmediate']);
/** Members of `process` that load modules behind an import rule's back. */
const LOADERS = new Set(['getBuiltinModule', 'binding', 'dlopen']);
const PROCESS_WIDE = new Set([
  ...['on', 'once', 'addListener', 'prependListener', 'prependOnceListener', 'removeAllListeners'],
  ...['exit', 'abort', 'chdir', 'setUncaughtExceptionCaptureCallback'],
]);

/** Reads a source with the TypeScript parser: comments and strings cannot fool it, nor hide anything from it. */
export function referencesOf(file: string, source: string): References {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const modules: Reference[] = [];
  const timers: Mention[] = [];
  const processCalls: Mention[] = [];
  const lineOf = (node: ts.Node): number => tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;

  const addModule = (named: ts.Node | undefined, at: ts.Node, typeOnly: boolean): void => {
    const literal = named !== undefined && ts.isLiteralTypeNode(named) ? named.literal : named;
    const module = literal !== undefined && ts.isStringLiteralLike(literal) ? literal.text : undefined;
    modules.push({ module, typeOnly, line: lineOf(at) });
  };

  const visitCall = (call: ts.CallExpression | ts.NewExpression): void => {
    const callee = call.expression;
    if (callee.kind === ts.SyntaxKind.ImportKeyword) return addModule(call.arguments?.[0], call, false);
    if (ts.isIdentifier(callee) && callee.text === 'require') return addModule(call.arguments?.[0], call, false);
    if (!ts.isPropertyAccessExpression(callee)) return;
    const { text } = callee.name;
    const of = callee.expression.getText(tree);
    if (of === 'require' && text !== 'resolve') addModule(undefined, call, false);
    if (of !== 'process' && of !== 'globalThis.process') return;
    if (LOADERS.has(text)) addModule(call.arguments?.[0], call, false);
    if (PROCESS_WIDE.has(text)) processCalls.push({ name: `process.${text}`, line: lineOf(call) });
  };

  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      addModule(node.moduleSpecifier, node, isTypeOnly(node.importClause));
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
      addModule(node.moduleSpecifier, node, isTypeOnly(node));
    } else if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) {
      addModule(node.moduleReference.expression, node, node.isTypeOnly);
    } else if (ts.isImportTypeNode(node)) {
      addModule(node.argument, node, true);
    } else if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
      visitCall(node);
    } else if (ts.isIdentifier(node)) {
      const timeout = node.text === 'timeout' && node.parent.getText(tree) === 'AbortSignal.timeout';
      if (TIMERS.has(node.text) || timeout) timers.push({ name: node.text, line: lineOf(node) });
      if (node.text === 'require' && escapes(node)) addModule(undefined, node, false);
    } else if (ts.isElementAccessExpression(node) && ts.isStringLiteralLike(node.argumentExpression)) {
      const { text } = node.argumentExpression;
      if (TIMERS.has(text)) timers.push({ name: text, line: lineOf(node) });
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return { modules, timers, processCalls };
}

/** `import type …`, or every single name marked `type`. `import {} from` and `import 'x'` run the module. */
function isTypeOnly(clause: ts.ImportClause | ts.ExportDeclaration | undefined): boolean {
  if (clause === undefined) return false;
  if (clause.isTypeOnly) return true;
  const names = ts.isImportClause(clause) ? clause.namedBindings : clause.exportClause;
  if (ts.isImportClause(clause) && clause.name !== undefined) return false;
  if (names === undefined || !(ts.isNamedImports(names) || ts.isNamedExports(names))) return false;
  const elements: readonly (ts.ImportSpecifier | ts.ExportSpecifier)[] = [...names.elements];
  return elements.length > 0 && elements.every((element) => element.isTypeOnly);
}

/** Is `require` handed on (`const load = require`) instead of called? Then nobody sees what it loads. */
function escapes(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isCallExpression(parent) && parent.expression === node) return false;
  if (ts.isPropertyAccessExpression(parent)) return false;
  return !ts.isPropertyAssignment(parent) && !ts.isPropertySignature(parent);
}
