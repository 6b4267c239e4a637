/**
 * What clients may do, whatever they speak: `list` directories, `read` files (and their digests), `write` new files and
 * directories, `overwrite` files, `delete`. Facts are told to who may list or read; a rename needs `delete` and `write`.
 */
export type Right = 'list' | 'read' | 'write' | 'overwrite' | 'delete';

export const RIGHTS: readonly Right[] = ['list', 'read', 'write', 'overwrite', 'delete'];
