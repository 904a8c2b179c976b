"""Who a row is and what it holds: row ids, canonical encoding, digests."""
