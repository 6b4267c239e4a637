import ts from 'typescript';

/** The values written down in a source: strings, templates' pieces, regular expressions, numbers; no comments. */
export function literalsOf(source: string): readonly string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isNumericLiteral(node)) found.push(node.text);
    else if (ts.isTemplateMiddle(node) || ts.isTemplateTail(node)) found.push(node.text);
    else if (node.kind === ts.SyntaxKind.RegularExpressionLiteral) found.push(node.getText());
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest, true));
  return found;
}

/** The reply codes that a source sends: `formatReply(150, …)`, `{ reply: 553 }`, `bad(501, …)`, and rows of a table. */
export function repliesIn(source: string): ReadonlySet<string> {
  const codes = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isNumericLiteral(node) && /^[1-5][0-9][0-9]$/.test(node.text)) {
      const { parent } = node;
      const isFirst = ts.isCallExpression(parent) && parent.arguments[0] === node;
      if (isFirst && /^(?:formatReply|bad)$/.test(parent.expression.getText())) codes.add(node.text);
      if (ts.isPropertyAssignment(parent) && parent.initializer === node) codes.add(node.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest, true));
  return codes;
}
