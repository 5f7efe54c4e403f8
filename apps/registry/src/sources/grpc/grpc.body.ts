import { ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsBase64, IsBoolean, IsOptional, Matches } from 'class-validator';
import { IsPlainText } from '../../rest/plain-text.decorator.js';

const SERVICE_NAME = /^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$/;

/** A gRPC server, and what of it is wanted. */
export class GrpcBody {
  @ApiPropertyOptional({
    default: true,
    description: 'Whether the server is asked what it has, by its reflection service. False with `descriptorSet`.',
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
