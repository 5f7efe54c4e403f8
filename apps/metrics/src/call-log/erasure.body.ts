import { ApiProperty } from '@nestjs/swagger';
import { IsEmail, MaxLength } from 'class-validator';

/** `POST /calls/erase` */
export class ErasureBody {
  @ApiProperty({ type: String, format: 'email', description: 'Whose data are erased.' })
  @IsEmail()
  @MaxLength(254)
  user!: string;
}
