/**
 * Some that start daemons do so with umask 0: whatever clients put, everybody on the machine could then change, and put files
 * of his own into the directories that they make. The rest of the umask is its owner's affair: a group may share what is served.
 * The returned function gives it back.
 */
export function withholdWriting(): () => void {
  // There is no way to ask but to set.
  const given = process.umask(0o022);
  process.umask(given | 0o002);
  return () => void process.umask(given);
}
