"""From sky to rows: what happened after each magnetogram, which rows are kept, and how they are split."""
