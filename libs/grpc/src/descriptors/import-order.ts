import type { FileDescriptorProto } from '@bufbuild/protobuf/wkt';

/** The files, each behind those it imports. Throws where some import one another in a circle. */
export const inImportOrder = (files: readonly FileDescriptorProto[]): FileDescriptorProto[] => {
  const byName = new Map(files.map((file) => [file.name, file]));
  const ordered = new Set<FileDescriptorProto>();
  const waiting = new Set<string>();
  const visit = (file: FileDescriptorProto): void => {
    if (ordered.has(file)) return;
    if (waiting.has(file.name)) throw new Error(`the files ${[...waiting].join(', ')} import one another`);
    waiting.add(file.name);
    for (const name of file.dependency) {
      const imported = byName.get(name);
      if (imported !== undefined) visit(imported);
    }
    waiting.delete(file.name);
    ordered.add(file);
  };
  for (const file of files) visit(file);
  return [...ordered];
};
