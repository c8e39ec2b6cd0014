DROP INDEX crm.recon_item_pair;
CREATE INDEX recon_item_pair ON crm.recon_item (source, pair) WHERE level = 4;
