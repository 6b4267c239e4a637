import tseslint from 'typescript-eslint';

const typed = ['lib/**/*.ts', 'bin/*.ts', 'spec/**/*.ts', 'bench/**/*.ts'];
const plain = ['*.js', '*.mjs', 'bin/*.js', 'bin/ftserver', 'bin/ftclient', 'scripts/**/*.js', 'bench/**/*.js'];

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'testfiles/'] },
  {
    files: typed,
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      // An unawaited rejection ends the process: with a server's sessions, everybody's.
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      // Here and not in tsconfig, so that a stranger's spec still compiles.
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_' },
      ],
      // A signal's reason is `unknown`, and passing it on is the point.
      '@typescript-eslint/prefer-promise-reject-errors': ['error', { allowThrowingUnknown: true }],
      '@typescript-eslint/only-throw-error': ['error', { allowThrowingUnknown: true, allowThrowingAny: false }],
      // Implementing an asynchronous interface without awaiting anything is how memory doubles are written.
      '@typescript-eslint/require-await': 'off',
      // `require` inside a function is how a command loads only what it needs (DESIGN §10).
      '@typescript-eslint/no-require-imports': 'off',
      eqeqeq: 'error',
      'prefer-const': 'error',
      'no-var': 'error',
    },
  },
  {
    files: ['spec/**/*.ts', 'bench/**/*.ts'],
    rules: {
      // Specs take tools out of a context object, whose functions are closures and know no `this`.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-base-to-string': 'off',
      '@typescript-eslint/restrict-template-expressions': 'off',
      // chai's `expect(x).to.be.true` is a property read with an effect.
      '@typescript-eslint/no-unused-expressions': 'off',
    },
  },
  {
    files: plain,
    extends: [tseslint.configs.base],
    rules: {
      'no-undef': 'off',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_' },
      ],
      eqeqeq: 'error',
    },
  },
);
