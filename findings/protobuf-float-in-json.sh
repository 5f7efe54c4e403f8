#!/usr/bin/env bash
# A 32-bit float of a gRPC message is another number in the JSON of JavaScript libraries than in that of Python's.
#
# Python writes 19.99 in a field of type `float` as the shortest number that is the same float. One would guess that the JSON
# mapping of protobuf gives one message one JSON. Seen:
#   Python protobuf 7.36.2     19.99
#   @bufbuild/protobuf 2.17.0  19.989999771118164
#   protobufjs 8.8.1           19.989999771118164
# Each reads the other's number as the same float, so only what reads the JSON itself, as a model or a comparison does, sees it.
set -euo pipefail
for program in node npm python3; do command -v "$program" >/dev/null || { echo "needs $program"; exit 2; }; done
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
echo '{"type":"module"}' > package.json
npm install --silent --ignore-scripts --no-audit --no-fund @bufbuild/protobuf@2.17.0 protobufjs@8.8.1
python3 -m venv python && python/bin/pip install --quiet --disable-pip-version-check protobuf==7.36.2

cat > write.py <<'EOF'
from google.protobuf import json_format, wrappers_pb2
message = wrappers_pb2.FloatValue(value=19.99)
open("message", "wb").write(message.SerializeToString())
print("Python:", json_format.MessageToJson(message))
EOF
cat > read.mjs <<'EOF'
import { readFileSync } from 'node:fs';
import { fromBinary, toJsonString } from '@bufbuild/protobuf';
import { FloatValueSchema } from '@bufbuild/protobuf/wkt';
import protobufjs from 'protobufjs';

const bytes = readFileSync('message');
console.log('@bufbuild/protobuf:', toJsonString(FloatValueSchema, fromBinary(FloatValueSchema, bytes)));
const { root } = protobufjs.parse('syntax = "proto3"; message Price { float value = 1; }');
const Price = root.lookupType('Price');
console.log('protobufjs:', JSON.stringify(Price.toObject(Price.decode(bytes), { json: true })));
EOF
cat > again.py <<'EOF'
from google.protobuf import json_format, wrappers_pb2
same = json_format.Parse("19.989999771118164", wrappers_pb2.FloatValue()).SerializeToString() == open("message", "rb").read()
print("the same message:", same)
EOF
{ python/bin/python write.py; node read.mjs; python/bin/python again.py; } | tee seen
diff - seen <<'EOF' && echo 'as stated'
Python: 19.99
@bufbuild/protobuf: 19.989999771118164
protobufjs: {"value":19.989999771118164}
the same message: True
EOF
