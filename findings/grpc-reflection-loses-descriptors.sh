#!/usr/bin/env bash
# Descriptors that @grpc/reflection 1.0.4 serves cannot be linked, and do not say what the .proto file said.
#
# One would guess that reflection hands out the file that the server was built from. It hands out what @grpc/proto-loader 0.8.1
# rebuilt: the file is named after its package, its imports are gone, type names lack the leading dot, `json_name` and `optional`
# are lost, and with the loader's defaults field names are camelCase. @bufbuild/protobuf 2.17.0 refuses the files as they come.
set -euo pipefail
for program in node npm; do command -v "$program" >/dev/null || { echo "needs $program"; exit 2; }; done
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
echo '{"type":"module"}' > package.json
npm install --silent --ignore-scripts --no-audit --no-fund \
  @grpc/grpc-js@1.14.7 @grpc/proto-loader@0.8.1 @grpc/reflection@1.0.4 @bufbuild/protobuf@2.17.0

cat > warehouse.proto <<'EOF'
syntax = "proto3";
package shop.v1;
import "google/protobuf/timestamp.proto";

message Item {
  optional int32 in_stock = 1 [json_name = "available"];
  google.protobuf.Timestamp added_at = 2;
}
message ItemRequest {
  string item_name = 1;
}
service Shop {
  rpc GetItem (ItemRequest) returns (Item);
}
EOF
cat > probe.mjs <<'EOF'
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { create, createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { credentials, loadPackageDefinition, Server, ServerCredentials } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';

const reflection = join(
  dirname(createRequire(import.meta.url).resolve('@grpc/reflection')),
  '../proto/grpc/reflection/v1/reflection.proto',
);
const { ServerReflection } = loadPackageDefinition(loadSync(reflection)).grpc.reflection.v1;
for (const keepCase of [false, true]) {
  const shop = loadSync('warehouse.proto', { includeDirs: ['.'], keepCase });
  const server = new Server();
  server.addService(loadPackageDefinition(shop).shop.v1.Shop.service, { GetItem: (_call, done) => done(null, {}) });
  new ReflectionService(shop).addToServer(server);
  const port = await new Promise((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  const client = new ServerReflection(`127.0.0.1:${port}`, credentials.createInsecure());
  const answer = await new Promise((resolve, reject) => {
    client.ServerReflectionInfo().on('data', resolve).on('error', reject).write({ fileContainingSymbol: 'shop.v1.Shop' });
  });
  const files = answer.fileDescriptorResponse.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
  const [{ name, dependency, messageType }] = files;
  console.log(`keepCase ${keepCase}: ${name} imports ${dependency.length}; with it came ${files[1].name}`);
  for (const field of messageType[0].field) {
    console.log(`  ${field.name} json_name="${field.jsonName}" type="${field.typeName}" optional=${field.proto3Optional}`);
  }
  try {
    createFileRegistry(create(FileDescriptorSetSchema, { file: files }));
    console.log('  linked');
  } catch (error) {
    console.log(`  ${error.message}`);
  }
  client.close();
  server.forceShutdown();
}
EOF
node probe.mjs | tee seen
diff - seen <<'EOF' && echo 'as stated'
keepCase false: shop_v1.proto imports 0; with it came google_protobuf.proto
  inStock json_name="" type="" optional=false
  addedAt json_name="" type="google.protobuf.Timestamp" optional=false
  invalid FieldDescriptorProto: type_name google.protobuf.Timestamp not found
keepCase true: shop_v1.proto imports 0; with it came google_protobuf.proto
  in_stock json_name="" type="" optional=false
  added_at json_name="" type="google.protobuf.Timestamp" optional=false
  invalid FieldDescriptorProto: type_name google.protobuf.Timestamp not found
EOF
