"""Issued documents: receipts, invoices and credit notes, numbered without a gap, and never changed."""
