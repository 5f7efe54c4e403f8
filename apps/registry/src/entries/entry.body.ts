import { ApiPropertyOptional, OmitType } from '@nestjs/swagger';
import { IsInt, IsOptional, Max, Min } from 'class-validator';
import { IsPlainText, IsTags } from '../rest/plain-text.decorator.js';

/** What is left out stays as it is. */
export class UpdateEntryBody {
  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: "Takes the place of the upstream's own name after the prefix; null brings that back.",
  })
  @IsOptional()
  @IsPlainText(128)
  customName?: string | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: "Shown to clients in place of the upstream's description; null brings that back.",
  })
  @IsOptional()
  @IsPlainText(8192)
  description?: string | null;

  @IsTags()
  tags?: string[];
}

export class UpdateToolBody extends UpdateEntryBody {
  @ApiPropertyOptional({
    type: Number,
    nullable: true,
    minimum: 0,
    description:
      'A call that takes longer than so many milliseconds goes on as a task, for a client that has the tasks extension; null: it does not.',
  })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(86_400_000)
  taskAfterMs?: number | null;
}

/** Resources go by their URI, which is not ours to change. */
export class UpdateResourceBody extends OmitType(UpdateEntryBody, ['customName']) {}
