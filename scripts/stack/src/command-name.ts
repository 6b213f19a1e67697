let commandLine = 'npx embedded-supabase';

/** Sets how messages call the command line, for a project that has scripts of its own for it, such as `npm run`. */
export function setCommandLine(name: string): void {
  commandLine = name;
}

/** A command as messages name it, such as `npx embedded-supabase reset`, in backquotes. npm passes options on after `--`. */
export function commandName(command: string, option = ''): string {
  const separator = option && commandLine.startsWith('npm run') ? ' --' : '';
  return `\`${commandLine} ${command}${separator}${option && ` ${option}`}\``;
}
