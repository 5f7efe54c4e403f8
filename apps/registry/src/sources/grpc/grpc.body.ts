import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsBase64,
  IsBoolean,
  IsOptional,
  IsString,
  Matches,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { IsPlainText } from '../../rest/plain-text.decorator.js';

const SERVICE_NAME = /^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$/;

const PROTO_FILES_MAX = 256;
const PROTO_CHARS_MAX = 1_048_576;
const PROTO_NAME = /^(?!\/)[A-Za-z0-9_.@+-]+(\/[A-Za-z0-9_.@+-]+)*\.proto$/;

/** A `.proto` that is handed over. */
export class ProtoFileBody {
  @ApiProperty({ description: 'As other files import it, or the end of that: `shop/v1/types.proto`.' })
  @IsPlainText(256, { lengthMin: 1 })
  @Matches(PROTO_NAME, { message: 'name must be the path of a .proto file, such as shop/v1/types.proto' })
  name!: string;

  @ApiProperty({ description: 'What the file says.' })
  @IsString()
  @MaxLength(PROTO_CHARS_MAX)
  content!: string;
}

/** A gRPC server, and what of it is wanted. */
export class GrpcBody {
  @ApiPropertyOptional({
    default: true,
    description:
      'Whether the server is asked what it has, by its reflection service. False with `descriptorSet` or `protoFiles`.',
  })
  @IsOptional()
  @IsBoolean()
  reflection?: boolean;

  @ApiPropertyOptional({
    description:
      'A `FileDescriptorSet` with all imports, in base64, for servers without reflection; up to 700 KB. `protoc --include_imports --include_source_info --descriptor_set_out` writes one.',
  })
  @IsOptional()
  @IsPlainText(1_048_576, { lengthMin: 1 })
  @IsBase64()
  descriptorSet?: string;

  @ApiPropertyOptional({
    type: () => [ProtoFileBody],
    description: `In the place of descriptorSet: the .proto files themselves, of proto2 or proto3, with what they import; up to ${PROTO_FILES_MAX}, of 1 MiB together. google/protobuf need not be among them, nor what only options need.`,
  })
  @IsOptional()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(PROTO_FILES_MAX)
  @ValidateNested({ each: true })
  @Type(() => ProtoFileBody)
  protoFiles?: ProtoFileBody[];

  @ApiPropertyOptional({
    type: [String],
    description: 'Whole names of services, such as `shop.v1.Shop`. Default: all but reflection, health and channelz.',
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(500)
  @IsPlainText(256, { each: true, lengthMin: 1 })
  @Matches(SERVICE_NAME, { each: true, message: 'services must be whole names of services' })
  services?: string[];

  @ApiPropertyOptional({
    default: false,
    description: 'Whether arguments and results spell fields as the `.proto` does, in place of camelCase.',
  })
  @IsOptional()
  @IsBoolean()
  protoFieldNames?: boolean;
}
