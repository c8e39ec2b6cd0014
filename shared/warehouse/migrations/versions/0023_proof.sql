-- Lines of a file that are no records, each with what it says and, of a total, whether it agrees: with the records they are all that the file holds below its header.
ALTER TABLE crm.recon_batch ADD COLUMN left_out jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(left_out) = 'array');  -- [{line, words, agrees, says}]
-- The very text whose SHA-256 was signed, so that anybody can compute it again; empty: signed before this was kept.
ALTER TABLE crm.recon_sign_off ADD COLUMN signed_text text NOT NULL DEFAULT '';
ALTER TABLE crm.recon_sign_off ADD CONSTRAINT hash_of_text CHECK (signed_text = '' OR encode(sha256(convert_to(signed_text, 'UTF8')), 'hex') = hash);
