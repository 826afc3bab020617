// Made from the server's OpenAPI document by scripts/types.mjs; change the server, not this file.

export interface paths {
    "/api/v1/checkout_sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Needs the scope `sessions:read`. */
        get: operations["checkout_sessions_list_all"];
        put?: never;
        /** @description Needs the scope `sessions:write`. */
        post: operations["checkout_sessions_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/checkout_sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Needs the scope `sessions:read`. */
        get: operations["checkout_sessions_retrieve"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/checkout_sessions/{id}/accept": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** @description Needs the scope `sessions:write`. */
        post: operations["checkout_sessions_accept"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/checkout_sessions/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** @description Needs the scope `sessions:write`. */
        post: operations["checkout_sessions_cancel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/checkout_sessions/{id}/expire": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** @description Needs the scope `sessions:write`. */
        post: operations["checkout_sessions_expire"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/checkout_sessions/{id}/payment_option": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** @description Needs the scope `sessions:write`. */
        post: operations["checkout_sessions_choose_option"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/checkout_sessions/{id}/receive": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** @description Needs the scope `sessions:write`. */
        post: operations["checkout_sessions_receive"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/checkout_sessions/{id}/simulate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** @description Needs the scope `sessions:write`. */
        post: operations["checkout_sessions_simulate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/checkout_sessions/{id}/undo_received": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** @description Needs the scope `sessions:write`. */
        post: operations["checkout_sessions_undo_received"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/coupons": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Needs the scope `coupons:read`. */
        get: operations["coupons_list_all"];
        put?: never;
        /** @description Needs the scope `coupons:write`. */
        post: operations["coupons_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/coupons/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Needs the scope `coupons:read`. */
        get: operations["coupons_retrieve"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** @description Needs the scope `coupons:write`. */
        patch: operations["coupons_update"];
        trace?: never;
    };
    "/api/v1/customers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Needs the scope `customers:read`. */
        get: operations["customers_list_all"];
        put?: never;
        /** @description Needs the scope `customers:write`. */
        post: operations["customers_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/customers/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Needs the scope `customers:read`. */
        get: operations["customers_retrieve"];
        put?: never;
        post?: never;
        /** @description Needs the scope `customers:write`. */
        delete: operations["customers_erase"];
        options?: never;
        head?: never;
        /** @description Needs the scope `customers:write`. */
        patch: operations["customers_update"];
        trace?: never;
    };
    "/api/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Needs the scope `events:read`. */
        get: operations["events_list_all"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Needs the scope `events:read`. */
        get: operations["events_retrieve"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events/{id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** @description Needs the scope `webhooks:write`. */
        post: operations["events_replay_event"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/orders": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Needs the scope `orders:read`. */
        get: operations["orders_list_all"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/orders/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Needs the scope `orders:read`. */
        get: operations["orders_retrieve"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** @description Needs the scope `orders:write`. */
        patch: operations["orders_update"];
        trace?: never;
    };
    "/api/v1/orders/{id}/accept": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** @description Needs the scope `orders:write`. */
        post: operations["orders_accept"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/orders/{id}/credit_notes/{n}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Needs the scope `orders:read`. */
        get: operations["orders_credit_note"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/orders/{id}/deliver": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** @description Needs the scope `orders:write`. */
        post: operations["orders_deliver"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/orders/{id}/fail_delivery": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** @description Needs the scope `orders:write`. */
        post: operations["orders_fail_delivery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/orders/{id}/invoice": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Needs the scope `orders:read`. */
        get: operations["orders_invoice"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/orders/{id}/receipt": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Needs the scope `orders:read`. */
        get: operations["orders_receipt"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/orders/{id}/refund": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** @description Needs the scope `refunds:write`. */
        post: operations["orders_refund"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/orders/{id}/wait": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** @description Needs the scope `orders:write`. */
        post: operations["orders_wait"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/payment_links": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Needs the scope `links:read`. */
        get: operations["payment_links_list_all"];
        put?: never;
        /** @description Needs the scope `links:write`. */
        post: operations["payment_links_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/payment_links/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Needs the scope `links:read`. */
        get: operations["payment_links_retrieve"];
        put?: never;
        post?: never;
        /** @description Needs the scope `links:write`. */
        delete: operations["payment_links_archive"];
        options?: never;
        head?: never;
        /** @description Needs the scope `links:write`. */
        patch: operations["payment_links_update"];
        trace?: never;
    };
    "/api/v1/payments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Needs the scope `payments:read`. */
        get: operations["payments_list_all"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/payments/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Needs the scope `payments:read`. */
        get: operations["payments_retrieve"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** @description Needs the scope `payments:write`. */
        patch: operations["payments_update"];
        trace?: never;
    };
    "/api/v1/payments/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** @description Needs the scope `payments:write`. */
        post: operations["payments_cancel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/payments/{id}/capture": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** @description Needs the scope `payments:write`. */
        post: operations["payments_capture"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/products": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Needs the scope `products:read`. */
        get: operations["products_list_all"];
        put?: never;
        /** @description Needs the scope `products:write`. */
        post: operations["products_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/products/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Needs the scope `products:read`. */
        get: operations["products_retrieve"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** @description Needs the scope `products:write`. */
        patch: operations["products_update"];
        trace?: never;
    };
    "/api/v1/promotion_codes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Needs the scope `coupons:read`. */
        get: operations["promotion_codes_list_all"];
        put?: never;
        /** @description Needs the scope `coupons:write`. */
        post: operations["promotion_codes_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/promotion_codes/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Needs the scope `coupons:read`. */
        get: operations["promotion_codes_retrieve"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** @description Needs the scope `coupons:write`. */
        patch: operations["promotion_codes_update"];
        trace?: never;
    };
    "/api/v1/redemptions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Needs the scope `coupons:read`. */
        get: operations["redemptions_list_all"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/redemptions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Needs the scope `coupons:read`. */
        get: operations["redemptions_retrieve"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/refunds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Needs the scope `refunds:read`. */
        get: operations["refunds_list_all"];
        put?: never;
        /** @description Needs the scope `refunds:write`. */
        post: operations["refunds_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/refunds/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Needs the scope `refunds:read`. */
        get: operations["refunds_retrieve"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** @description Needs the scope `refunds:write`. */
        patch: operations["refunds_update"];
        trace?: never;
    };
    "/api/v1/refunds/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** @description Needs the scope `refunds:write`. */
        post: operations["refunds_cancel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/refunds/{id}/destination_link": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** @description Needs the scope `refunds:write`. */
        post: operations["refunds_create_destination_link"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/refunds/{id}/settle": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** @description Needs the scope `refunds:write`. */
        post: operations["refunds_settle"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/reports/monthly": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Needs the scope `payments:read`. */
        get: operations["reports_monthly"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/search": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Needs the scope `orders:read`. */
        get: operations["search_find"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/test_clocks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Needs the scope `sessions:read`. */
        get: operations["test_clocks_list_all"];
        put?: never;
        /** @description Needs the scope `sessions:write`. */
        post: operations["test_clocks_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/test_clocks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Needs the scope `sessions:read`. */
        get: operations["test_clocks_retrieve"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/test_clocks/{id}/advance": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** @description Needs the scope `sessions:write`. */
        post: operations["test_clocks_advance"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/transactions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Needs the scope `payments:read`. */
        get: operations["transactions_list_transactions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/transactions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Needs the scope `payments:read`. */
        get: operations["transactions_retrieve_transaction"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/transfers/{hash}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Needs the scope `payments:read`. */
        get: operations["transfers_explain"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/unassigned_transfers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Needs the scope `payments:read`. */
        get: operations["unassigned_transfers_list_all"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/unassigned_transfers/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Needs the scope `payments:read`. */
        get: operations["unassigned_transfers_retrieve"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/unassigned_transfers/{id}/assign": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** @description Needs the scope `orders:write`. */
        post: operations["unassigned_transfers_assign"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/unassigned_transfers/{id}/return": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** @description Needs the scope `refunds:write`. */
        post: operations["unassigned_transfers_mark_returned"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Needs the scope `usage:read`. */
        get: operations["usage_retrieve"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhook_deliveries/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Needs the scope `webhooks:read`. */
        get: operations["webhook_deliveries_retrieve_delivery"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhook_deliveries/{id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** @description Needs the scope `webhooks:write`. */
        post: operations["webhook_deliveries_replay"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhook_endpoints": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Needs the scope `webhooks:read`. */
        get: operations["webhook_endpoints_list_all"];
        put?: never;
        /** @description Needs the scope `webhooks:write`. */
        post: operations["webhook_endpoints_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhook_endpoints/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Needs the scope `webhooks:read`. */
        get: operations["webhook_endpoints_retrieve"];
        put?: never;
        post?: never;
        /** @description Needs the scope `webhooks:write`. */
        delete: operations["webhook_endpoints_delete"];
        options?: never;
        head?: never;
        /** @description Needs the scope `webhooks:write`. */
        patch: operations["webhook_endpoints_update"];
        trace?: never;
    };
    "/api/v1/webhook_endpoints/{id}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Needs the scope `webhooks:read`. */
        get: operations["webhook_endpoints_list_deliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhook_endpoints/{id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** @description Needs the scope `webhooks:write`. */
        post: operations["webhook_endpoints_replay_range"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhook_endpoints/{id}/rotate_secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** @description Needs the scope `webhooks:write`. */
        post: operations["webhook_endpoints_rotate_secret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhook_endpoints/{id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** @description Needs the scope `webhooks:write`. */
        post: operations["webhook_endpoints_test"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description By how many seconds the clock is put forward, 366 days at most. */
        AdvanceTestClock: {
            /** @description By how many seconds the clock is put forward, at most 366 days. */
            seconds: number;
        };
        /** @description A price: ``value`` is a decimal string, ``currency`` an ISO 4217 code. */
        Amount: {
            /** @description The currency of the amounts beside it: an ISO 4217 code in capital letters. */
            currency: string;
            /** @description The price as a decimal string with at most the currency's own decimal places. */
            value: string;
        };
        /**
         * @description The order that the money is for. ``value`` is what it is worth, a decimal string in the order's currency; it may
         *         be left out where the token is worth that currency.
         */
        AssignTransfer: {
            /** @description The order. Null where it belongs to none yet. */
            orderId: string;
            /**
             * @description What the transfer counts as in the order's currency, as a decimal string; null where the rate decides.
             * @default null
             */
            value?: string | null;
        };
        /** @description One try: what came back (the first 2 kB), or why nothing did. */
        AttemptObject: {
            /**
             * Format: date-time
             * @description When the attempt was made, in UTC.
             */
            attemptedAt: string;
            /** @description How long the attempt took, in milliseconds. */
            durationMs: number;
            /** @description Why no answer came, in a few words; null where one did. */
            error: string | null;
            /** @description True for real money, false for test mode. */
            livemode: boolean;
            /** @description Which attempt it was, counted from 1. */
            number: number;
            /** @description The first 2 kB of the receiver's answer; null where none came. */
            responseExcerpt: string | null;
            /** @description The HTTP status of the receiver's answer; null where none came. */
            responseStatus: number | null;
        };
        /**
         * @description Decimal strings in the line's currency.
         *
         *         Attributes:
         *             in_review: money that came and that you have to decide on.
         *             owed: money that no order has earned: on its way back, or come for an order that is not paid.
         */
        BalancesObject: {
            /** @description Money that came and that you have to decide on, as a decimal string. */
            inReview: string;
            /** @description Money that no order has earned, as a decimal string: on its way back, or for an order that is not paid. */
            owed: string;
        };
        /** @description ``amount`` is a decimal string, by default all that is left; ``cancelRemainder`` releases the rest. */
        CapturePayment: {
            /**
             * @description How much is captured, as a decimal string; null for all that can be.
             * @default null
             */
            amount?: string | null;
            /**
             * @description Whether what is not captured is released at once. Otherwise it can be captured later.
             * @default true
             */
            cancelRemainder?: boolean;
        };
        /**
         * @description A checkout session as the API shows it (Crypto Checkout, checkout sessions).
         *
         *         Attributes:
         *             amount: what the buyer is to send.
         *             received: what has arrived or was captured, and is confirmed; ``fiat_received`` is what it is worth at the price
         *                 that was locked: of a partial capture, what was captured.
         *             payment_status: ``paid`` once it is, also after a refund; ``no_payment_required`` where its total is zero.
         *             reference, customer_id: the order's: whose it is, for whoever fulfils on this object's events.
         *             customer_stated: whether the customer is only who the buyer of a payment link said they are; nothing is proved.
         *             client_reference_id: what whoever sent the buyer calls it; never unique.
         *             success_url, cancel_url, return_url: as they were given; ``{CHECKOUT_SESSION_ID}`` and ``{ORDER_REFERENCE}`` are
         *                 filled in once a buyer is sent there.
         *             eth_price_usd: the rate that was locked when the session was made; null where no native coin is asked for.
         *             exceptions: what is unusual about the money: ``underpaid``, ``overpaid``, ``late``, ``reorged``,
         *                 ``unexpected``.
         *             canceled_at: when it was called off, which is how it ``failed``.
         *             allow_promotion_codes: whether the buyer may type a promotion code on the checkout's page.
         *             locale: the language that its buyer reads; None where the project or the buyer's browser decides.
         *             address: where to send it; null until the buyer of a payment link has chosen how to pay.
         *             payment_address: the same, of a session that is paid on networks; ``payment_options`` are the ways to pay it
         *                 there, each with its own amount. The first, or the one that was chosen, is shown in the other fields.
         *                 Simulated sessions have neither.
         *             client_secret: what opens this session to whoever made it with a publishable key; in that one answer only.
         */
        CheckoutSessionObject: {
            /** @description The address the buyer pays to; null until the buyer of a payment link has chosen how to pay. */
            address: string | null;
            /** @description Whether the buyer may enter a promotion code on the checkout page. */
            allowPromotionCodes: boolean;
            /** @description The price in ether, at the session's locked rate. */
            amount: components["schemas"]["CryptoAmount"];
            /** @description When the session was canceled, in UTC; null if it was not. */
            canceledAt: string | null;
            /** @description Where the buyer is sent after they turn back; null to show a page of the checkout instead. */
            cancelUrl: string | null;
            /** @description The network's EIP-155 chain id. */
            chainId: number;
            /**
             * Format: uri
             * @description The page on which the buyer pays. Send the buyer there.
             */
            checkoutUrl: string;
            /** @description What whoever sends the buyer calls this visit. It need not be unique, and proves nothing; null if none was given. */
            clientReferenceId: string | null;
            /** @description Opens this one session to a page that holds a publishable key. Only the answer that creates the session has it, and only for a publishable key. */
            clientSecret?: string;
            /** @description Where `expand` asks for `coupon`. */
            coupon?: components["schemas"]["CouponObject"] | null;
            /**
             * Format: date-time
             * @description When the object was created, in UTC.
             */
            createdAt: string;
            /** @description Where `expand` asks for `customer`. */
            customer?: components["schemas"]["CustomerObject"] | null;
            /** @description The customer; null where none is known. */
            customerId: string | null;
            /** @description Whether the customer is only who the buyer said they are. Nobody has verified it. */
            customerStated: boolean;
            /** @description The price of one ether in US dollars at which this session was locked; null where no native coin is asked for. */
            ethPriceUsd: string | null;
            /** @description What is unusual about the payment; empty where nothing is. */
            exceptions: ("doubted" | "late" | "overpaid" | "reorged" | "underpaid" | "unexpected")[];
            /**
             * Format: date-time
             * @description Until when the session can be paid, in UTC. Money that comes later is recorded as late.
             */
            expiresAt: string;
            /** @description The price in the currency in which you set it. */
            fiat: components["schemas"]["FiatAmount"];
            /** @description What has come so far, counted in the currency of the price. */
            fiatReceived: components["schemas"]["FiatAmount"];
            /** @description The object's id. It never changes. */
            id: string;
            /** @description The payment link that the session was opened from; null if there was none. */
            linkId: string | null;
            /** @description True for real money, false for test mode. */
            livemode: boolean;
            /** @description The language of the checkout page and the buyer's mails; null follows the project, then the buyer's browser. */
            locale: string | null;
            /** @description Your own key-value pairs, at most 50. They are kept and returned as they came; null for none. */
            metadata: unknown;
            /**
             * @description The kind of object, always the same word.
             * @default checkout_session
             * @enum {unknown}
             */
            object?: "checkout_session";
            /** @description Where `expand` asks for `order`. */
            order?: components["schemas"]["OrderObject"] | null;
            /** @description The order. Null where it belongs to none yet. */
            orderId: string;
            /** @description When the session was paid in full, in UTC; null while it is not. */
            paidAt: string | null;
            /** @description Where `expand` asks for `payment`. */
            payment?: components["schemas"]["PaymentObject"] | null;
            /** @description The address to pay to, absent where the money is simulated; null until the buyer has chosen how to pay. */
            paymentAddress?: string | null;
            /** @description The payment. Null for what belongs to none of yours. */
            paymentId: string;
            /** @description Where `expand` asks for `paymentLink`. */
            paymentLink?: components["schemas"]["PaymentLinkObject"] | null;
            /** @description What the buyer can pay with, each with its amount. */
            paymentOptions?: components["schemas"]["PaymentOptionObject"][];
            /**
             * @description Whether it is paid, as one of three words; partial payments are `unpaid`.
             * @enum {unknown}
             */
            paymentStatus: "no_payment_required" | "paid" | "unpaid";
            /** @description Where `expand` asks for `promotionCode`. */
            promotionCode?: components["schemas"]["PromotionCodeObject"] | null;
            /** @description What has come or was captured and is confirmed, in ether. */
            received: components["schemas"]["CryptoAmount"];
            /** @description Your own name for the object, such as an order number; null for none. */
            reference: string | null;
            /** @description Where the buyer may go back to at any time; null for no such link. */
            returnUrl: string | null;
            /**
             * @description Where the object stands; its moves are listed under "Events and webhooks".
             * @enum {unknown}
             */
            status: "detected" | "expired" | "failed" | "overpaid" | "paid" | "paid_late" | "pending" | "underpaid";
            /** @description Where the buyer is sent after paying; null to show a page of the checkout instead. */
            successUrl: string | null;
            /** @description Where `expand` asks for `testClock`. */
            testClock?: components["schemas"]["TestClockObject"] | null;
            /** @description The test clock that the session follows, in test mode only; null for none. */
            testClockId: string | null;
            /** @description The hash of the transaction on its network; null while there is none. */
            txHash: string | null;
        };
        /** @description The ``asset`` of one of the session's ``paymentOptions``. */
        ChoosePaymentOption: {
            /** @description What is paid with, as a CAIP-19 asset type or as a name of the payment rail. */
            asset: string;
        };
        /**
         * @description A coupon as the API shows it.
         *
         *         Attributes:
         *             discount_amount, currency: of an ``amount`` coupon, as a decimal string and its ISO 4217 code.
         *             discount_percentage: of a ``percentage`` coupon, as a decimal string such as ``"12.5"``.
         *             max_redemptions: null for no limit.
         *             reserved_redemptions: held by sessions that may still be paid; they count against the limit.
         *             redemptions: by sessions that were paid.
         */
        CouponObject: {
            /** @description Whether it can be used. False stops new uses; what was begun goes on. */
            active: boolean;
            /**
             * Format: date-time
             * @description When the object was created, in UTC.
             */
            createdAt: string;
            /** @description The currency of the amounts beside it: an ISO 4217 code in capital letters. */
            currency: string | null;
            /** @description A longer text that buyers see below the title; null for none. */
            description: string | null;
            /** @description What the coupon takes off, as a decimal string in its `currency`; null for a percentage. */
            discountAmount: string | null;
            /** @description What the coupon takes off, in percent of the goods; null for an amount. */
            discountPercentage: string | null;
            /**
             * @description Whether the coupon takes off an `amount` or a `percentage`.
             * @enum {unknown}
             */
            discountType: "amount" | "percentage";
            /** @description When it stops being usable, in UTC; null where it has no end. */
            expiresAt: string | null;
            /** @description The object's id. It never changes. */
            id: string;
            /** @description True for real money, false for test mode. */
            livemode: boolean;
            /** @description How often it can be redeemed in all; null for any number. */
            maxRedemptions: number | null;
            /** @description Your own key-value pairs, at most 50. They are kept and returned as they came; null for none. */
            metadata: unknown;
            /** @description What it is called; null for no name. */
            name: string;
            /**
             * @description The kind of object, always the same word.
             * @default coupon
             * @enum {unknown}
             */
            object?: "coupon";
            /** @description How often it was redeemed by a paid order. */
            redemptions: number;
            /** @description How many redemptions are held by sessions that can still be paid. They count against the limit. */
            reservedRedemptions: number;
            /**
             * Format: date-time
             * @description When the object last changed, in UTC.
             */
            updatedAt: string;
        };
        /**
         * @description A new session with its order: from a link (``linkId``), for an ``amount``, or for ``lineItems`` in a ``currency``
         *         (with ``shippingAmount``). ``reference`` is the order's, and unique where ``uniqueReference`` says so;
         *         ``clientReferenceId`` is what whoever sends the buyer calls it, and never unique. The three URLs may hold
         *         ``{CHECKOUT_SESSION_ID}`` and ``{ORDER_REFERENCE}``, which are filled in once the buyer is sent there.
         *         ``promotionCode`` (case does not matter) or ``couponId`` takes something off the goods; with
         *         ``allowPromotionCodes`` the buyer may type a code on the checkout's page (left out, the link says so, or nobody).
         *         ``locale`` is the language of the checkout's page and of the buyer's mails (left out, the project says so, then the
         *         buyer's browser). In test mode ``testClockId`` names a clock that can be put forward.
         */
        CreateCheckoutSession: {
            /**
             * @description Whether the buyer may enter a promotion code; null follows the link, or is no.
             * @default null
             */
            allowPromotionCodes?: boolean | null;
            /**
             * @description The price, where neither a link nor line items set it.
             * @default null
             */
            amount?: components["schemas"]["Amount"] | null;
            /**
             * @description Where the buyer is sent after they turn back; null to show a page of the checkout instead.
             * @default null
             */
            cancelUrl?: string | null;
            /**
             * @description `automatic` takes the money once it is confirmed; `manual` authorizes it and waits for your capture.
             * @default automatic
             * @enum {unknown}
             */
            captureMethod?: "automatic" | "manual";
            /**
             * @description What whoever sends the buyer calls this visit. It need not be unique, and proves nothing; null if none was given.
             * @default null
             */
            clientReferenceId?: string | null;
            /**
             * @description A coupon to apply without a code; null for none.
             * @default null
             */
            couponId?: string | null;
            /**
             * @description The currency of `lineItems` and `shippingAmount`; null where they are not used.
             * @default null
             */
            currency?: string | null;
            /**
             * @description The customer whose order it becomes; null for a buyer you do not know.
             * @default null
             */
            customerId?: string | null;
            /**
             * @description How long the session can be paid, in seconds; null for an hour.
             * @default null
             */
            expiresInSeconds?: number | null;
            /**
             * @description What is bought, line by line; null where a link or an amount sets the price.
             * @default null
             */
            lineItems?: components["schemas"]["CreateLineItem"][] | null;
            /**
             * @description The payment link that the session was opened from; null if there was none.
             * @default null
             */
            linkId?: string | null;
            /**
             * @description The language of the checkout page and the buyer's mails; null follows the project, then the buyer's browser.
             * @default null
             */
            locale?: ("ar" | "de" | "en" | "es" | "fr" | "ja" | "pt-BR") | null;
            /**
             * @description Your own key-value pairs, at most 50. They are kept and returned as they came; null for none.
             * @default null
             */
            metadata?: Record<string, unknown> | null;
            /**
             * @description A promotion code that takes something off the goods. Capital and small letters are the same.
             * @default null
             */
            promotionCode?: string | null;
            /**
             * @description Your own name for the object, such as an order number; null for none.
             * @default null
             */
            reference?: string | null;
            /**
             * @description Where the buyer may go back to at any time; null for no such link.
             * @default null
             */
            returnUrl?: string | null;
            /**
             * @description What shipping costs, as a decimal string in `currency`; null for none.
             * @default null
             */
            shippingAmount?: string | null;
            /**
             * @description Where the buyer is sent after paying. `{CHECKOUT_SESSION_ID}` and `{ORDER_REFERENCE}` are filled in.
             * @default null
             */
            successUrl?: string | null;
            /**
             * @description The test clock that the session follows, in test mode only; null for none.
             * @default null
             */
            testClockId?: string | null;
            /**
             * @description Whether no other open or paid order may have the same reference.
             * @default false
             */
            uniqueReference?: boolean;
        };
        /**
         * @description A new coupon: ``discountAmount`` and ``currency`` where ``discountType`` is ``amount``, ``discountPercentage``
         *         (a decimal string such as ``"12.5"``) where it is ``percentage``. ``expiresAt`` is an RFC 3339 timestamp.
         */
        CreateCoupon: {
            /**
             * @description Whether it can be used. False stops new uses; what was begun goes on.
             * @default true
             */
            active?: boolean;
            /**
             * @description The currency of the amounts beside it: an ISO 4217 code in capital letters.
             * @default null
             */
            currency?: string | null;
            /**
             * @description A longer text that buyers see below the title; null for none.
             * @default null
             */
            description?: string | null;
            /**
             * @description What the coupon takes off, as a decimal string in its `currency`; null for a percentage.
             * @default null
             */
            discountAmount?: string | null;
            /**
             * @description What the coupon takes off, in percent of the goods; null for an amount.
             * @default null
             */
            discountPercentage?: string | null;
            /**
             * @description Whether the coupon takes off an `amount` or a `percentage`.
             * @enum {unknown}
             */
            discountType: "amount" | "percentage";
            /**
             * @description When it stops being usable, in UTC; null where it has no end.
             * @default null
             */
            expiresAt?: string | null;
            /**
             * @description How often it can be redeemed in all; null for any number.
             * @default null
             */
            maxRedemptions?: number | null;
            /**
             * @description Your own key-value pairs, at most 50. They are kept and returned as they came; null for none.
             * @default null
             */
            metadata?: Record<string, unknown> | null;
            /** @description What it is called; null for no name. */
            name: string;
        };
        /** @description A new customer; every field may be left out. ``email`` and ``reference`` are unique where given. */
        CreateCustomer: {
            /**
             * @description The customer's e-mail address, unique among your customers; null if none is known.
             * @default null
             */
            email?: string | null;
            /**
             * @description Your own key-value pairs, at most 50. They are kept and returned as they came; null for none.
             * @default null
             */
            metadata?: Record<string, unknown> | null;
            /**
             * @description What it is called; null for no name.
             * @default null
             */
            name?: string | null;
            /**
             * @description Your own name for the object, such as an order number; null for none.
             * @default null
             */
            reference?: string | null;
        };
        /** @description A webhook endpoint with its new ``secret``, shown this one time, and null when the answer is a replay. */
        CreatedWebhookEndpointObject: {
            /** @description Whether it can be used. False stops new uses; what was begun goes on. */
            active: boolean;
            /**
             * Format: date-time
             * @description When the object was created, in UTC.
             */
            createdAt: string;
            /** @description A longer text that buyers see below the title; null for none. */
            description: string | null;
            /** @description The language in which events are sent to this endpoint. */
            dialect?: string;
            /** @description Why deliveries stopped: `failing` after days of failures, `gone` after a 410; null where nothing stopped them. */
            disabledReason: components["schemas"]["DisabledReason"] | null;
            /** @description The event types the endpoint receives; `*` is every type, including later ones. */
            events: string[];
            /** @description Since when every delivery to this endpoint has failed, in UTC; null if the last one succeeded. */
            failingSince: string | null;
            /** @description The object's id. It never changes. */
            id: string;
            /** @description True for real money, false for test mode. */
            livemode: boolean;
            /**
             * @description The kind of object, always the same word.
             * @default webhook_endpoint
             * @enum {unknown}
             */
            object?: "webhook_endpoint";
            /** @description Until when the earlier secret signs as well, in UTC; null where there is none. */
            previousSecretExpiresAt: string | null;
            /** @description The signing secret, shown only in this answer; null when the answer is a repeated one. */
            secret: string | null;
            /** @description The beginning of the signing secret, by which you can tell it from others. */
            secretPrefix: string;
            /** @description True where the answer repeats an earlier one, whose secret is not shown again. */
            secretShownBefore?: boolean;
            /**
             * Format: date-time
             * @description When the object last changed, in UTC.
             */
            updatedAt: string;
            /**
             * Format: uri
             * @description The address that events are posted to. It must be reachable for this server.
             */
            url: string;
        };
        /**
         * @description A line of the order; ``unitAmount`` is a decimal string, of a ``discount`` what one takes off. With ``productId``
         *         both come from the product, unless the buyer says what it costs.
         */
        CreateLineItem: {
            /**
             * @description What the line is: a `product`, a `tax`, or a `discount` that is taken off.
             * @default product
             * @enum {unknown}
             */
            kind?: "discount" | "product" | "tax";
            /**
             * @description What it is called; null for no name.
             * @default null
             */
            name?: string | null;
            /**
             * @description The product; null for a line that you describe yourself.
             * @default null
             */
            productId?: string | null;
            /**
             * @description How many of them.
             * @default 1
             */
            quantity?: number;
            /**
             * @description The price of one, as a decimal string; of a discount, what one takes off.
             * @default null
             */
            unitAmount?: string | null;
        };
        /**
         * @description A new link: ``fiatAmount`` is a decimal string and may be zero, ``fiatCurrency`` an ISO 4217 code. With
         *         ``allowPromotionCodes`` its buyers may type a promotion code on the checkout's page. From ``expiresAt`` on, and once
         *         ``maxCompletedSessions`` of its sessions were paid, it opens no more. The URLs may hold ``{CHECKOUT_SESSION_ID}``
         *         and ``{ORDER_REFERENCE}``, which are filled in once a buyer is sent there.
         */
        CreatePaymentLink: {
            /**
             * @description Whether the buyer may enter a promotion code on the checkout page.
             * @default false
             */
            allowPromotionCodes?: boolean;
            /**
             * @description Where the buyer is sent after they turn back; null to show a page of the checkout instead.
             * @default null
             */
            cancelUrl?: string | null;
            /**
             * @description A longer text that buyers see below the title; null for none.
             * @default null
             */
            description?: string | null;
            /**
             * @description When it stops being usable, in UTC; null where it has no end.
             * @default null
             */
            expiresAt?: string | null;
            /** @description The price as a decimal string, in `fiatCurrency`. */
            fiatAmount: string;
            /**
             * @description The currency of the price: an ISO 4217 code in capital letters.
             * @default USD
             */
            fiatCurrency?: string;
            /**
             * @description How many sessions of this link can be paid; null for any number.
             * @default null
             */
            maxCompletedSessions?: number | null;
            /**
             * @description Where the buyer is sent after paying; null to show a page of the checkout instead.
             * @default null
             */
            successUrl?: string | null;
            /** @description What buyers read as the name. */
            title: string;
        };
        /**
         * @description A new product. With ``pricing`` ``buyer`` the buyer says what they pay, between ``priceMin`` and ``priceMax``
         *         where those are given, and ``price`` is what they are offered first. ``reference`` is yours, and unique in its mode:
         *         the pages and languages that name products take it where an id is.
         */
        CreateProduct: {
            /**
             * @description Whether it can be used. False stops new uses; what was begun goes on.
             * @default true
             */
            active?: boolean;
            /**
             * @description The currency of the amounts beside it: an ISO 4217 code in capital letters.
             * @default USD
             */
            currency?: string;
            /**
             * @description A longer text that buyers see below the title; null for none.
             * @default null
             */
            description?: string | null;
            /**
             * @description Your own key-value pairs, at most 50. They are kept and returned as they came; null for none.
             * @default null
             */
            metadata?: Record<string, unknown> | null;
            /** @description What it is called; null for no name. */
            name: string;
            /**
             * @description The price as a decimal string in `currency`; null where the buyer sets it and none is suggested.
             * @default null
             */
            price?: string | null;
            /**
             * @description The highest price that the buyer may set, as a decimal string; null for no upper bound.
             * @default null
             */
            priceMax?: string | null;
            /**
             * @description The lowest price that the buyer may set, as a decimal string; null for a fixed price.
             * @default null
             */
            priceMin?: string | null;
            /**
             * @description Whether the price is `fixed`, or set by the `buyer` within the bounds.
             * @default fixed
             * @enum {unknown}
             */
            pricing?: "buyer" | "fixed";
            /**
             * @description Your own name for the object, such as an order number; null for none.
             * @default null
             */
            reference?: string | null;
        };
        /** @description A new code for a coupon, unique whatever its case. ``minimumAmount`` and ``currency`` come together. */
        CreatePromotionCode: {
            /**
             * @description Whether it can be used. False stops new uses; what was begun goes on.
             * @default true
             */
            active?: boolean;
            /** @description The code that the buyer enters. Capital and small letters are the same. */
            code: string;
            /** @description The coupon that sets the discount. */
            couponId: string;
            /**
             * @description The currency of the amounts beside it: an ISO 4217 code in capital letters.
             * @default null
             */
            currency?: string | null;
            /**
             * @description When it stops being usable, in UTC; null where it has no end.
             * @default null
             */
            expiresAt?: string | null;
            /**
             * @description Whether only customers who have never paid you before may use the code.
             * @default false
             */
            firstTimeTransaction?: boolean;
            /**
             * @description How often it can be redeemed in all; null for any number.
             * @default null
             */
            maxRedemptions?: number | null;
            /**
             * @description Your own key-value pairs, at most 50. They are kept and returned as they came; null for none.
             * @default null
             */
            metadata?: Record<string, unknown> | null;
            /**
             * @description What the goods must cost at least for the code to apply, as a decimal string in `currency`; null for no minimum.
             * @default null
             */
            minimumAmount?: string | null;
            /**
             * @description Whether each customer may use the code only once.
             * @default false
             */
            onePerCustomer?: boolean;
        };
        /** @description Money of a payment that goes back; ``amount`` is a decimal string, by default all that is left. */
        CreateRefund: {
            /**
             * @description How much is given back, as a decimal string; null for all that can be.
             * @default null
             */
            amount?: string | null;
            /**
             * @description The address to which the money goes back; null while it is not known.
             * @default null
             */
            destination?: string | null;
            /**
             * @description Your own key-value pairs, at most 50. They are kept and returned as they came; null for none.
             * @default null
             */
            metadata?: Record<string, unknown> | null;
            /** @description The payment. Null for what belongs to none of yours. */
            paymentId: string;
            /** @description Why it happened, as one of the listed words or in your own; null where none was given. */
            reason: components["schemas"]["RefundReason"];
        };
        /** @description ``mail`` sends the link to the order's customer, instead of answering with it. */
        CreateRefundLink: {
            /**
             * @description True mails the link to the order's customer, and leaves it out of the answer.
             * @default false
             */
            mail?: boolean;
        };
        /** @description A new clock; sessions that are created with its id as ``testClockId`` follow it. */
        CreateTestClock: {
            /**
             * @description What it is called; null for no name.
             * @default null
             */
            name?: string | null;
        };
        /**
         * @description A new endpoint: an https URL, and event types, patterns (``session.*``) or ``["*"]``.
         *
         *         Attributes:
         *             dialect: in which language events are sent to it, with that language's signature and schedule: ``native``, or
         *                 one of those that this server speaks, such as ``crossmint``. It cannot be changed later.
         */
        CreateWebhookEndpoint: {
            /**
             * @description A longer text that buyers see below the title; null for none.
             * @default null
             */
            description?: string | null;
            /**
             * @description The language in which events are sent to this endpoint.
             * @default native
             */
            dialect?: string;
            /** @description The event types the endpoint receives; `*` is every type, including later ones. */
            events: string[];
            /**
             * Format: uri
             * @description The address that events are posted to. It must be reachable for this server.
             */
            url: string;
        };
        /** @description An amount of the session's asset, as strings: the smallest unit and the human one, whatever the chain. */
        CryptoAmount: {
            /** @description The amount in ether, as a decimal string. */
            eth: string;
            /** @description The amount in wei, as a whole number in text. */
            wei: string;
        };
        /**
         * @description One page, newest first. A page by number has ``total``, ``page`` and ``limit``; ``total`` says how many customers
         *         match, counted up to 10,000 beyond this page. A page by cursor has ``hasMore`` and ``nextCursor`` instead.
         */
        CustomerListObject: {
            /** @description The objects of this page. */
            data: components["schemas"]["CustomerObject"][];
            /** @description Whether there are more objects after this page. */
            hasMore?: boolean;
            /** @description How many customers a page holds. */
            limit?: number;
            /** @description Where the next page begins: send it as `starting_after`; null on the last page. */
            nextCursor?: string | null;
            /** @description Which page this is, counted from 1. */
            page?: number;
            /** @description How many customers match, counted up to 10,000 beyond this page. */
            total?: number;
        };
        /**
         * @description A customer as the API shows it.
         *
         *         Attributes:
         *             email_stated: whether a buyer only typed this address at a payment link: nobody has proved it, and nothing need
         *                 have been paid. False once you set ``email`` yourself.
         *             erased_at: when the customer was erased; ``email``, ``name``, ``reference``, ``metadata`` are null since then.
         */
        CustomerObject: {
            /**
             * Format: date-time
             * @description When the object was created, in UTC.
             */
            createdAt: string;
            /** @description The customer's e-mail address, unique among your customers; null if none is known. */
            email: string | null;
            /** @description Whether the address is only what a buyer typed at a payment link. Nobody has verified it. */
            emailStated: boolean;
            /** @description When the customer's personal data was erased, in UTC; null if it was not. */
            erasedAt: string | null;
            /** @description The object's id. It never changes. */
            id: string;
            /** @description True for real money, false for test mode. */
            livemode: boolean;
            /** @description Your own key-value pairs, at most 50. They are kept and returned as they came; null for none. */
            metadata: unknown;
            /** @description What it is called; null for no name. */
            name: string | null;
            /**
             * @description The kind of object, always the same word.
             * @default customer
             * @enum {unknown}
             */
            object?: "customer";
            /** @description Your own name for the object, such as an order number; null for none. */
            reference: string | null;
            /**
             * Format: date-time
             * @description When the object last changed, in UTC.
             */
            updatedAt: string;
        };
        /** @description The last time that the payer's side said no, and its word for why. */
        DeclineObject: {
            /** @description Why the payment was declined, as a stable word. */
            code: string;
            /**
             * Format: date-time
             * @description When the payment was declined, in UTC.
             */
            declinedAt: string;
            /** @description True for real money, false for test mode. */
            livemode: boolean;
        };
        /** @description What is left of a deleted endpoint. */
        DeletedObject: {
            /**
             * @description Always true: the object is gone.
             * @default true
             */
            deleted?: boolean;
            /** @description The object's id. It never changes. */
            id: string;
            /** @description True for real money, false for test mode. */
            livemode: boolean;
            /**
             * @description The kind of object, always the same word.
             * @default webhook_endpoint
             * @enum {unknown}
             */
            object?: "webhook_endpoint";
        };
        /**
         * @description Items that were delivered: ``lineItemIds``, or all that are still open. ``transactionId`` names a transaction or
         *         a parcel, ``tokens`` what the recipient got on a chain.
         */
        DeliverItems: {
            /**
             * @description The items that are meant, by id; null for all that are still open.
             * @default null
             */
            lineItemIds?: string[] | null;
            /**
             * @description The tokens that the recipient got on a chain; empty for none.
             * @default []
             */
            tokens?: components["schemas"]["Token"][];
            /**
             * @description The transaction or parcel by which it was delivered, in your own words; null for none.
             * @default null
             */
            transactionId?: string | null;
        };
        /**
         * @description What you have said of handing a line over.
         *
         *         Attributes:
         *             transaction_id: a transaction's hash, or a parcel's number.
         *             tokens: what the recipient got on a chain.
         *             reason: why it failed.
         */
        DeliveryObject: {
            /**
             * Format: date-time
             * @description When it was said to be delivered or failed, in UTC.
             */
            at: string;
            /** @description True for real money, false for test mode. */
            livemode: boolean;
            /** @description Why it could not be delivered, in your own words; null where it was. */
            reason: string | null;
            /**
             * @description Where the object stands; its moves are listed under "Events and webhooks".
             * @enum {unknown}
             */
            status: "delivered" | "failed";
            /** @description The tokens that the recipient got on a chain; empty for none. */
            tokens: components["schemas"]["Token"][];
            /** @description The transaction or parcel by which it was delivered, in your own words; null for none. */
            transactionId: string | null;
        };
        /**
         * @description Why an endpoint was switched off on its own.
         * @enum {unknown}
         */
        DisabledReason: "failing" | "gone";
        /** @description What a coupon takes off the whole order. */
        DiscountObject: {
            /** @description An amount of money as a decimal string, in the currency that is named beside it. */
            amount: string;
            /** @description Where `expand` asks for `coupon`. */
            coupon?: components["schemas"]["CouponObject"] | null;
            /** @description The coupon that sets the discount. */
            couponId: string | null;
            /** @description True for real money, false for test mode. */
            livemode: boolean;
            /** @description What it is called; null for no name. */
            name: string;
            /** @description Where `expand` asks for `promotionCode`. */
            promotionCode?: components["schemas"]["PromotionCodeObject"] | null;
            /** @description The promotion code that was used; null where the coupon was applied directly. */
            promotionCodeId: string | null;
        };
        /**
         * @description What is inside of ``error``. ``type`` is for branching, ``code`` is stable, ``message`` is for logs.
         *
         *         Attributes:
         *             doc_url: the page about ``code``, on this installation.
         *             param: on invalid_request, the field that is wrong.
         *             reason: on 401, ``missing``, ``malformed``, ``ambiguous``, ``key_in_url``, ``unknown``, ``revoked``,
         *                 ``disabled``, ``expired`` or ``superseded``; ``detail`` says what to do about it.
         *             newest_sequence, log_id: on ``sequence_ahead``, where the event log ends, and which one it is.
         */
        ErrorBody: {
            /** @description What went wrong, as a stable word to compare. Each has a page. */
            code: string;
            /**
             * @description What to do next; null where `message` says all.
             * @default null
             */
            detail?: string | null;
            /**
             * Format: uri
             * @description The page that explains this error code.
             */
            docUrl: string;
            /**
             * @description The scopes that the key has; null where the error is about something else.
             * @default null
             */
            grantedScopes?: string[] | null;
            /**
             * @description The event log that is there now; null where the error is about something else.
             * @default null
             */
            logId?: string | null;
            /** @description What was wrong, in one sentence for programmers. Do not compare it; compare `code`. */
            message: string;
            /**
             * @description The newest sequence number of this log; null where the error is about something else.
             * @default null
             */
            newestSequence?: number | null;
            /**
             * @description The field or parameter that was wrong, dotted where it is nested; null where none is to blame.
             * @default null
             */
            param?: string | null;
            /**
             * @description Which case of the error it is; null where the code says all.
             * @default null
             */
            reason?: string | null;
            /** @description The id of the request, also in the header `X-Request-Id`. Quote it when you ask for help. */
            requestId: string;
            /**
             * @description The scope that the operation needs and the key lacks; null where the error is about something else.
             * @default null
             */
            requiredScope?: string | null;
            /** @description The family of the error, for programs that treat several codes alike. */
            type: string;
        };
        /** @description Every answer that is not a success. */
        ErrorEnvelope: {
            /** @description What was wrong, and what to do about it. */
            error: components["schemas"]["ErrorBody"];
        };
        /**
         * @description A page of events. ``logId`` is the id of their log: sent as ``log`` beside ``after``, it makes sure that the
         *         place is in this log.
         */
        EventListObject: {
            /** @description The objects of this page. */
            data: components["schemas"]["EventObject"][];
            /** @description Whether there are more objects after this page. */
            hasMore: boolean;
            /** @description The event log that sequence numbers belong to. It changes when the database is restored from a backup. */
            logId: string;
            /** @description Where to go on: as `after` where that was asked for, else as `starting_after`. */
            nextCursor: string | null;
        };
        /**
         * @description An event as the API lists it and as webhooks carry it.
         *
         *         Attributes:
         *             sequence: 1, 2, 3 … per project and mode, without a gap, in the order of commitment.
         *             data: the object as it was at that moment, in the API's form.
         *             previous_attributes: what its changed fields held at its event before; null where there is none.
         *             created_at: RFC 3339, UTC, milliseconds.
         */
        EventObject: {
            /**
             * Format: date-time
             * @description When the object was created, in UTC.
             */
            createdAt: string;
            /** @description The complete object as it was at that moment. */
            data: unknown;
            /** @description The object's id. It never changes. */
            id: string;
            /** @description True for real money, false for test mode. */
            livemode: boolean;
            /**
             * @description The kind of object, always the same word.
             * @default event
             * @enum {unknown}
             */
            object?: "event";
            /** @description The earlier values of the fields that changed since the object's previous event; null for its first event. */
            previousAttributes?: unknown;
            /** @description The event's place in the log: 1, 2, 3 … for each project and mode, without a gap. */
            sequence: number;
            /** @description The type of the event. */
            type: string;
        };
        /** @description Items that cannot be delivered: ``lineItemIds``, or all that are still open; ``reason`` is yours. */
        FailDelivery: {
            /**
             * @description The items that are meant, by id; null for all that are still open.
             * @default null
             */
            lineItemIds?: string[] | null;
            /**
             * @description Why it cannot be delivered, in your own words; null to say nothing.
             * @default null
             */
            reason?: string | null;
        };
        /** @description A price: a decimal string with all of the currency's minor digits, and its ISO 4217 code. */
        FiatAmount: {
            /** @description An amount of money as a decimal string, in the currency that is named beside it. */
            amount: string;
            /** @description The currency of the amounts beside it: an ISO 4217 code in capital letters. */
            currency: string;
        };
        /**
         * @description What a network knows of a transaction.
         * @enum {unknown}
         */
        Found: "mined" | "not_answered" | "pending" | "reverted" | "unknown";
        /**
         * @description What the merchant has done about it; theirs to set, whatever the money does.
         * @enum {unknown}
         */
        Fulfillment: "fulfilled" | "unfulfilled";
        /** @description ``key`` is the id of the key that asked, ``hook``, ``server`` or ``embed``. */
        KeyUsageObject: {
            /** @description The key's id, or hook, server or embed. */
            key: string;
            /** @description How many live renders of it have succeeded. */
            renders: number;
        };
        /**
         * @description A line of an order. Amounts are decimal strings in the order's currency; a ``discount``'s is taken off.
         *
         *         Attributes:
         *             delivery: whether it was handed over; null while you have not said.
         */
        LineItemObject: {
            /** @description An amount of money as a decimal string, in the currency that is named beside it. */
            amount: string;
            /** @description The outcome of handing over this item; null while it is open. */
            delivery: components["schemas"]["DeliveryObject"] | null;
            /** @description The object's id. It never changes. */
            id: string;
            /**
             * @description What the line is: a `product`, a `tax`, or a `discount` that is taken off.
             * @enum {unknown}
             */
            kind: "discount" | "product" | "tax";
            /** @description True for real money, false for test mode. */
            livemode: boolean;
            /** @description What it is called; null for no name. */
            name: string;
            /**
             * @description The kind of object, always the same word.
             * @default line_item
             * @enum {unknown}
             */
            object?: "line_item";
            /** @description Where `expand` asks for `product`. */
            product?: components["schemas"]["ProductObject"] | null;
            /** @description The product; null for a line that you describe yourself. */
            productId: string | null;
            /** @description How many of them. */
            quantity: number;
            /** @description The price of one, as a decimal string; of a discount, what one takes off. */
            unitAmount: string;
        };
        /**
         * @description Filters combine; ``createdAfter`` is inclusive, ``createdBefore`` is not; ``amount`` is exact, with its
         *         ``currency``. ``q`` finds by e-mail address where the key may read customers.
         */
        ListCheckoutSessions: {
            /** @description An amount of money as a decimal string, in the currency that is named beside it. */
            amount?: string;
            /**
             * Format: date-time
             * @description Only objects that were created at this instant or later.
             */
            createdAfter?: string;
            /**
             * Format: date-time
             * @description Only objects that were created before this instant, which is excluded.
             */
            createdBefore?: string;
            /** @description The currency of the amounts beside it: an ISO 4217 code in capital letters. */
            currency?: string;
            /** @description The customer; null where none is known. */
            customerId?: string;
            /**
             * @description How many objects a page holds at most, from 1 to 100.
             * @default 25
             */
            limit?: number;
            /** @description The payment link that the session was opened from; null if there was none. */
            linkId?: string;
            /** @description Only what this leads to: the object's own id, its order's reference, or its customer's e-mail address. */
            q?: string;
            /**
             * @description In which order: `-amount` is the largest amount of each currency first, `amount` the smallest; left out, the newest object is. A cursor goes on in the order that it came from.
             * @enum {unknown}
             */
            sort?: "-amount" | "amount";
            /** @description The id of the last object of the page before; the list goes on after it. */
            starting_after?: string;
            /** @description Where the object stands; its moves are listed under "Events and webhooks". */
            status?: components["schemas"]["SessionStatus"];
        };
        /** @description ``active`` lists those switched on, or those switched off; both where it is left out. */
        ListCoupons: {
            /** @description Whether it can be used. False stops new uses; what was begun goes on. */
            active?: boolean;
            /**
             * Format: date-time
             * @description Only objects that were created at this instant or later.
             */
            createdAfter?: string;
            /**
             * Format: date-time
             * @description Only objects that were created before this instant, which is excluded.
             */
            createdBefore?: string;
            /**
             * @description How many objects a page holds at most, from 1 to 100.
             * @default 25
             */
            limit?: number;
            /** @description The id of the last object of the page before; the list goes on after it. */
            starting_after?: string;
        };
        /**
         * @description Pages by number, the first where none is named; or, with ``starting_after``, by cursor, as all other lists are.
         *         ``email`` and ``reference`` match exactly.
         */
        ListCustomers: {
            /**
             * Format: date-time
             * @description Only objects that were created at this instant or later.
             */
            createdAfter?: string;
            /**
             * Format: date-time
             * @description Only objects that were created before this instant, which is excluded.
             */
            createdBefore?: string;
            /** @description Only the customer with exactly this address. */
            email?: string;
            /**
             * @description How many objects a page holds at most, from 1 to 100.
             * @default 25
             */
            limit?: number;
            /** @description Which page is asked for, counted from 1. */
            page?: number;
            /** @description Only the customer with exactly this reference. */
            reference?: string;
            /** @description The id of the last object of the page before; the list goes on after it. */
            starting_after?: string;
        };
        /**
         * @description ``type`` matches exactly, or is a noun's pattern, such as ``order.*``. ``objectId`` is the object that an event
         *         is about; ``relatedObject`` is an order, its session, its payment, a transaction or a refund of it, and finds the
         *         events of all of them. ``createdAfter`` is inclusive, ``createdBefore`` is not. ``after`` is a sequence and turns
         *         the order round. ``log`` is the ``logId`` of the page that it was read from.
         */
        ListEvents: {
            /** @description The sequence number after which events are listed, oldest first. 0 begins at the start of the log. */
            after?: number;
            /**
             * Format: date-time
             * @description Only objects that were created at this instant or later.
             */
            createdAfter?: string;
            /**
             * Format: date-time
             * @description Only objects that were created before this instant, which is excluded.
             */
            createdBefore?: string;
            /**
             * @description How many objects a page holds at most, from 1 to 100.
             * @default 25
             */
            limit?: number;
            /** @description The `logId` that the position in `after` belongs to. A position of another log is refused. */
            log?: string;
            /** @description Only events about the object with this id. */
            objectId?: string;
            /** @description Only events of one sale: of the order, the session, the payment and the refunds that belong to the object with this id. */
            relatedObject?: string;
            /** @description The id of the last object of the page before; the list goes on after it. */
            starting_after?: string;
            /** @description Only events of this type, or of all types of an object with a pattern such as `session.*`. */
            type?: string;
        };
        /** @description One page, newest first. Pass ``nextCursor`` as ``starting_after``; null on the last page. */
        ListObject_CheckoutSessionObject_: {
            /** @description The objects of this page. */
            data: components["schemas"]["CheckoutSessionObject"][];
            /** @description Whether there are more objects after this page. */
            hasMore: boolean;
            /** @description Where the next page begins: send it as `starting_after`; null on the last page. */
            nextCursor: string | null;
        };
        /** @description One page, newest first. Pass ``nextCursor`` as ``starting_after``; null on the last page. */
        ListObject_CouponObject_: {
            /** @description The objects of this page. */
            data: components["schemas"]["CouponObject"][];
            /** @description Whether there are more objects after this page. */
            hasMore: boolean;
            /** @description Where the next page begins: send it as `starting_after`; null on the last page. */
            nextCursor: string | null;
        };
        /** @description One page, newest first. Pass ``nextCursor`` as ``starting_after``; null on the last page. */
        ListObject_CustomerObject_: {
            /** @description The objects of this page. */
            data: components["schemas"]["CustomerObject"][];
            /** @description Whether there are more objects after this page. */
            hasMore: boolean;
            /** @description Where the next page begins: send it as `starting_after`; null on the last page. */
            nextCursor: string | null;
        };
        /** @description One page, newest first. Pass ``nextCursor`` as ``starting_after``; null on the last page. */
        ListObject_OrderObject_: {
            /** @description The objects of this page. */
            data: components["schemas"]["OrderObject"][];
            /** @description Whether there are more objects after this page. */
            hasMore: boolean;
            /** @description Where the next page begins: send it as `starting_after`; null on the last page. */
            nextCursor: string | null;
        };
        /** @description One page, newest first. Pass ``nextCursor`` as ``starting_after``; null on the last page. */
        ListObject_PaymentLinkObject_: {
            /** @description The objects of this page. */
            data: components["schemas"]["PaymentLinkObject"][];
            /** @description Whether there are more objects after this page. */
            hasMore: boolean;
            /** @description Where the next page begins: send it as `starting_after`; null on the last page. */
            nextCursor: string | null;
        };
        /** @description One page, newest first. Pass ``nextCursor`` as ``starting_after``; null on the last page. */
        ListObject_PaymentObject_: {
            /** @description The objects of this page. */
            data: components["schemas"]["PaymentObject"][];
            /** @description Whether there are more objects after this page. */
            hasMore: boolean;
            /** @description Where the next page begins: send it as `starting_after`; null on the last page. */
            nextCursor: string | null;
        };
        /** @description One page, newest first. Pass ``nextCursor`` as ``starting_after``; null on the last page. */
        ListObject_ProductObject_: {
            /** @description The objects of this page. */
            data: components["schemas"]["ProductObject"][];
            /** @description Whether there are more objects after this page. */
            hasMore: boolean;
            /** @description Where the next page begins: send it as `starting_after`; null on the last page. */
            nextCursor: string | null;
        };
        /** @description One page, newest first. Pass ``nextCursor`` as ``starting_after``; null on the last page. */
        ListObject_PromotionCodeObject_: {
            /** @description The objects of this page. */
            data: components["schemas"]["PromotionCodeObject"][];
            /** @description Whether there are more objects after this page. */
            hasMore: boolean;
            /** @description Where the next page begins: send it as `starting_after`; null on the last page. */
            nextCursor: string | null;
        };
        /** @description One page, newest first. Pass ``nextCursor`` as ``starting_after``; null on the last page. */
        ListObject_RedemptionObject_: {
            /** @description The objects of this page. */
            data: components["schemas"]["RedemptionObject"][];
            /** @description Whether there are more objects after this page. */
            hasMore: boolean;
            /** @description Where the next page begins: send it as `starting_after`; null on the last page. */
            nextCursor: string | null;
        };
        /** @description One page, newest first. Pass ``nextCursor`` as ``starting_after``; null on the last page. */
        ListObject_RefundObject_: {
            /** @description The objects of this page. */
            data: components["schemas"]["RefundObject"][];
            /** @description Whether there are more objects after this page. */
            hasMore: boolean;
            /** @description Where the next page begins: send it as `starting_after`; null on the last page. */
            nextCursor: string | null;
        };
        /** @description One page, newest first. Pass ``nextCursor`` as ``starting_after``; null on the last page. */
        ListObject_TestClockObject_: {
            /** @description The objects of this page. */
            data: components["schemas"]["TestClockObject"][];
            /** @description Whether there are more objects after this page. */
            hasMore: boolean;
            /** @description Where the next page begins: send it as `starting_after`; null on the last page. */
            nextCursor: string | null;
        };
        /** @description One page, newest first. Pass ``nextCursor`` as ``starting_after``; null on the last page. */
        ListObject_TransactionObject_: {
            /** @description The objects of this page. */
            data: components["schemas"]["TransactionObject"][];
            /** @description Whether there are more objects after this page. */
            hasMore: boolean;
            /** @description Where the next page begins: send it as `starting_after`; null on the last page. */
            nextCursor: string | null;
        };
        /** @description One page, newest first. Pass ``nextCursor`` as ``starting_after``; null on the last page. */
        ListObject_UnassignedTransferObject_: {
            /** @description The objects of this page. */
            data: components["schemas"]["UnassignedTransferObject"][];
            /** @description Whether there are more objects after this page. */
            hasMore: boolean;
            /** @description Where the next page begins: send it as `starting_after`; null on the last page. */
            nextCursor: string | null;
        };
        /** @description One page, newest first. Pass ``nextCursor`` as ``starting_after``; null on the last page. */
        ListObject_WebhookDeliveryObject_: {
            /** @description The objects of this page. */
            data: components["schemas"]["WebhookDeliveryObject"][];
            /** @description Whether there are more objects after this page. */
            hasMore: boolean;
            /** @description Where the next page begins: send it as `starting_after`; null on the last page. */
            nextCursor: string | null;
        };
        /** @description One page, newest first. Pass ``nextCursor`` as ``starting_after``; null on the last page. */
        ListObject_WebhookEndpointObject_: {
            /** @description The objects of this page. */
            data: components["schemas"]["WebhookEndpointObject"][];
            /** @description Whether there are more objects after this page. */
            hasMore: boolean;
            /** @description Where the next page begins: send it as `starting_after`; null on the last page. */
            nextCursor: string | null;
        };
        /**
         * @description Filters combine; ``reference`` matches exactly, ``createdAfter`` is inclusive, ``createdBefore`` is not;
         *         ``amount`` is exact, with its ``currency``. ``q`` finds by e-mail address where the key may read customers.
         */
        ListOrders: {
            /** @description Only orders over exactly this amount, in the `currency` beside it. */
            amount?: string;
            /**
             * Format: date-time
             * @description Only objects that were created at this instant or later.
             */
            createdAfter?: string;
            /**
             * Format: date-time
             * @description Only objects that were created before this instant, which is excluded.
             */
            createdBefore?: string;
            /** @description The currency of the amounts beside it: an ISO 4217 code in capital letters. */
            currency?: string;
            /** @description The customer; null where none is known. */
            customerId?: string;
            /** @description Whether what was bought was handed over. You set it, or it follows from delivered items. */
            fulfillment?: components["schemas"]["Fulfillment"];
            /**
             * @description How many objects a page holds at most, from 1 to 100.
             * @default 25
             */
            limit?: number;
            /** @description Only what this leads to: the object's own id, its order's reference, or its customer's e-mail address. */
            q?: string;
            /** @description Only orders with exactly this reference. */
            reference?: string;
            /** @description The checkout session. */
            sessionId?: string;
            /**
             * @description In which order: `-amount` is the largest amount of each currency first, `amount` the smallest; left out, the newest object is. A cursor goes on in the order that it came from.
             * @enum {unknown}
             */
            sort?: "-amount" | "amount";
            /** @description The id of the last object of the page before; the list goes on after it. */
            starting_after?: string;
            /** @description Where the object stands; its moves are listed under "Events and webhooks". */
            status?: components["schemas"]["OrderStatus"];
        };
        /** @description ``archived=true`` lists the links that were put away instead of those in use. */
        ListPaymentLinks: {
            /**
             * @description Whether it was archived. Archived links are left out of lists unless they are asked for.
             * @default false
             */
            archived?: boolean;
            /**
             * Format: date-time
             * @description Only objects that were created at this instant or later.
             */
            createdAfter?: string;
            /**
             * Format: date-time
             * @description Only objects that were created before this instant, which is excluded.
             */
            createdBefore?: string;
            /**
             * @description How many objects a page holds at most, from 1 to 100.
             * @default 25
             */
            limit?: number;
            /** @description The id of the last object of the page before; the list goes on after it. */
            starting_after?: string;
        };
        /**
         * @description Filters combine; ``createdAfter`` is inclusive, ``createdBefore`` is not; ``amount`` is exact, with its
         *         ``currency``. ``customerId`` and ``q`` need ``orders:read`` as well; ``q`` finds by e-mail address where the key may
         *         read customers.
         */
        ListPayments: {
            /** @description An amount of money as a decimal string, in the currency that is named beside it. */
            amount?: string;
            /**
             * Format: date-time
             * @description Only objects that were created at this instant or later.
             */
            createdAfter?: string;
            /**
             * Format: date-time
             * @description Only objects that were created before this instant, which is excluded.
             */
            createdBefore?: string;
            /** @description The currency of the amounts beside it: an ISO 4217 code in capital letters. */
            currency?: string;
            /** @description The customer; null where none is known. */
            customerId?: string;
            /**
             * @description How many objects a page holds at most, from 1 to 100.
             * @default 25
             */
            limit?: number;
            /** @description The order. Null where it belongs to none yet. */
            orderId?: string;
            /** @description Only what this leads to: the object's own id, its order's reference, or its customer's e-mail address. */
            q?: string;
            /** @description The checkout session. */
            sessionId?: string;
            /**
             * @description In which order: `-amount` is the largest amount of each currency first, `amount` the smallest; left out, the newest object is. A cursor goes on in the order that it came from.
             * @enum {unknown}
             */
            sort?: "-amount" | "amount";
            /** @description The id of the last object of the page before; the list goes on after it. */
            starting_after?: string;
            /** @description Where the object stands; its moves are listed under "Events and webhooks". */
            status?: components["schemas"]["PaymentState"];
        };
        /**
         * @description ``active`` lists those for sale, or those that are not; both where it is left out. ``reference`` matches
         *         exactly.
         */
        ListProducts: {
            /** @description Whether it can be used. False stops new uses; what was begun goes on. */
            active?: boolean;
            /**
             * Format: date-time
             * @description Only objects that were created at this instant or later.
             */
            createdAfter?: string;
            /**
             * Format: date-time
             * @description Only objects that were created before this instant, which is excluded.
             */
            createdBefore?: string;
            /**
             * @description How many objects a page holds at most, from 1 to 100.
             * @default 25
             */
            limit?: number;
            /** @description Your own name for the object, such as an order number; null for none. */
            reference?: string;
            /** @description The id of the last object of the page before; the list goes on after it. */
            starting_after?: string;
        };
        /** @description Filters combine; ``code`` ignores case. */
        ListPromotionCodes: {
            /** @description Whether it can be used. False stops new uses; what was begun goes on. */
            active?: boolean;
            /** @description The code that the buyer enters. Capital and small letters are the same. */
            code?: string;
            /** @description The coupon that sets the discount. */
            couponId?: string;
            /**
             * Format: date-time
             * @description Only objects that were created at this instant or later.
             */
            createdAfter?: string;
            /**
             * Format: date-time
             * @description Only objects that were created before this instant, which is excluded.
             */
            createdBefore?: string;
            /**
             * @description How many objects a page holds at most, from 1 to 100.
             * @default 25
             */
            limit?: number;
            /** @description The id of the last object of the page before; the list goes on after it. */
            starting_after?: string;
        };
        /**
         * @description What every list takes; ``createdAfter`` is inclusive, ``createdBefore`` is not. A query has no null: a parameter
         *         is given or left out.
         */
        ListQuery: {
            /**
             * Format: date-time
             * @description Only objects that were created at this instant or later.
             */
            createdAfter?: string;
            /**
             * Format: date-time
             * @description Only objects that were created before this instant, which is excluded.
             */
            createdBefore?: string;
            /**
             * @description How many objects a page holds at most, from 1 to 100.
             * @default 25
             */
            limit?: number;
            /** @description The id of the last object of the page before; the list goes on after it. */
            starting_after?: string;
        };
        /** @description Filters combine; ``createdAfter`` is inclusive, ``createdBefore`` is not. */
        ListRedemptions: {
            /** @description The coupon that sets the discount. */
            couponId?: string;
            /**
             * Format: date-time
             * @description Only objects that were created at this instant or later.
             */
            createdAfter?: string;
            /**
             * Format: date-time
             * @description Only objects that were created before this instant, which is excluded.
             */
            createdBefore?: string;
            /** @description The customer; null where none is known. */
            customerId?: string;
            /**
             * @description How many objects a page holds at most, from 1 to 100.
             * @default 25
             */
            limit?: number;
            /** @description The order. Null where it belongs to none yet. */
            orderId?: string;
            /** @description The promotion code that was used; null where the coupon was applied directly. */
            promotionCodeId?: string;
            /** @description The checkout session. */
            sessionId?: string;
            /** @description The id of the last object of the page before; the list goes on after it. */
            starting_after?: string;
            /** @description Where the object stands; its moves are listed under "Events and webhooks". */
            status?: components["schemas"]["RedemptionStatus"];
        };
        /**
         * @description Filters combine; ``createdAfter`` is inclusive, ``createdBefore`` is not; ``amount`` is exact, with its
         *         ``currency``. ``customerId`` and ``q`` need ``orders:read`` as well; ``q`` finds by e-mail address where the key may
         *         read customers.
         */
        ListRefunds: {
            /** @description An amount of money as a decimal string, in the currency that is named beside it. */
            amount?: string;
            /**
             * Format: date-time
             * @description Only objects that were created at this instant or later.
             */
            createdAfter?: string;
            /**
             * Format: date-time
             * @description Only objects that were created before this instant, which is excluded.
             */
            createdBefore?: string;
            /** @description The currency of the amounts beside it: an ISO 4217 code in capital letters. */
            currency?: string;
            /** @description The customer; null where none is known. */
            customerId?: string;
            /**
             * @description How many objects a page holds at most, from 1 to 100.
             * @default 25
             */
            limit?: number;
            /** @description The order. Null where it belongs to none yet. */
            orderId?: string;
            /** @description The payment. Null for what belongs to none of yours. */
            paymentId?: string;
            /** @description Only what this leads to: the object's own id, its order's reference, or its customer's e-mail address. */
            q?: string;
            /**
             * @description In which order: `-amount` is the largest amount of each currency first, `amount` the smallest; left out, the newest object is. A cursor goes on in the order that it came from.
             * @enum {unknown}
             */
            sort?: "-amount" | "amount";
            /** @description The id of the last object of the page before; the list goes on after it. */
            starting_after?: string;
            /** @description Where the object stands; its moves are listed under "Events and webhooks". */
            status?: components["schemas"]["RefundStatus"];
        };
        /** @description Filters combine; ``createdAfter`` is inclusive, ``createdBefore`` is not. */
        ListTransactions: {
            /**
             * Format: date-time
             * @description Only objects that were created at this instant or later.
             */
            createdAfter?: string;
            /**
             * Format: date-time
             * @description Only objects that were created before this instant, which is excluded.
             */
            createdBefore?: string;
            /** @description Only transactions of this kind. */
            kind?: components["schemas"]["TransactionKind"];
            /**
             * @description How many objects a page holds at most, from 1 to 100.
             * @default 25
             */
            limit?: number;
            /** @description The order. Null where it belongs to none yet. */
            orderId?: string;
            /** @description The payment. Null for what belongs to none of yours. */
            paymentId?: string;
            /** @description The id of the last object of the page before; the list goes on after it. */
            starting_after?: string;
        };
        /** @description Filters combine; ``createdAfter`` is inclusive, ``createdBefore`` is not. */
        ListUnassigned: {
            /**
             * Format: date-time
             * @description Only objects that were created at this instant or later.
             */
            createdAfter?: string;
            /**
             * Format: date-time
             * @description Only objects that were created before this instant, which is excluded.
             */
            createdBefore?: string;
            /**
             * @description How many objects a page holds at most, from 1 to 100.
             * @default 25
             */
            limit?: number;
            /** @description The id of the last object of the page before; the list goes on after it. */
            starting_after?: string;
            /** @description Where the object stands; its moves are listed under "Events and webhooks". */
            status?: components["schemas"]["UnassignedStatus"];
        };
        /** @description ``status`` finds the deliveries that were given up after their last attempt. */
        ListWebhookDeliveries: {
            /**
             * Format: date-time
             * @description Only objects that were created at this instant or later.
             */
            createdAfter?: string;
            /**
             * Format: date-time
             * @description Only objects that were created before this instant, which is excluded.
             */
            createdBefore?: string;
            /**
             * @description How many objects a page holds at most, from 1 to 100.
             * @default 25
             */
            limit?: number;
            /** @description The id of the last object of the page before; the list goes on after it. */
            starting_after?: string;
            /**
             * @description Where the object stands; its moves are listed under "Events and webhooks".
             * @enum {unknown}
             */
            status?: "abandoned";
        };
        /** @description ``month`` is written ``2026-11``; ``timeZone`` is one of the IANA database, by default the project's. */
        MonthlyReport: {
            /** @description The month, written `2026-11`; null for the current one. */
            month: string;
            /**
             * @description The IANA time zone in which the month begins and ends; null for the project's.
             * @default null
             */
            timeZone?: string | null;
        };
        /**
         * @description A month of the books, of one moment.
         *
         *         Attributes:
         *             begins_at, ends_at: the month in its time zone; the latter is no part of it.
         *             closed: the month is over, and stays as it is.
         *             complete: false while payments of before an upgrade are still being booked.
         *             totals: by currency. ``lines``: by currency and network.
         */
        MonthlyReportObject: {
            /**
             * Format: date-time
             * @description When the month begins, in UTC.
             */
            beginsAt: string;
            /** @description Whether the month is over, so that its figures stay as they are. */
            closed: boolean;
            /** @description False while payments from before an upgrade are still being booked. */
            complete: boolean;
            /**
             * Format: date-time
             * @description When the month ends, in UTC. This instant belongs to the next one.
             */
            endsAt: string;
            /** @description The sums by currency and network. */
            lines: components["schemas"]["ReportLineObject"][];
            /** @description True for real money, false for test mode. */
            livemode: boolean;
            /** @description The month that is reported, written `2026-11`. */
            month: string;
            /**
             * @description The kind of object, always the same word.
             * @default monthly_report
             * @enum {unknown}
             */
            object?: "monthly_report";
            /** @description The IANA time zone in which the month begins and ends. */
            timeZone: string;
            /** @description The sums of all networks together, by currency. */
            totals: components["schemas"]["ReportLineObject"][];
        };
        /**
         * @description One movement of money in a transaction.
         *
         *         Attributes:
         *             asset: the token's contract; null for the network's own coin.
         *             symbol, decimals: null for a token that this server does not know.
         *             payment_id: null for what belongs to no payment of yours.
         *             single_source: one node alone reported what came to you.
         *             value, currency: what it counts as towards its payment; null where it belongs to none of yours.
         *             offer_ended_at: when a new quote replaced the offer that it counts by, whose time its block was made in; null
         *                 where it counts by the present one.
         */
        MovementObject: {
            /** @description The amount in the asset's smallest unit, as a whole number in text (wei for ether). */
            amountAtomic: string;
            /** @description The token's contract; null for the network's own coin. */
            asset: string | null;
            /** @description How many blocks confirm the transaction, its own included. */
            confirmations: number;
            /** @description The currency of `value`; null where it belongs to no payment of yours. */
            currency: string | null;
            /** @description How many decimal places the asset's smallest unit stands for; null for a token that this server does not know. */
            decimals: number | null;
            /** @description What you can do about this movement, in one sentence. */
            nextStep: string;
            /** @description When a new quote replaced the offer that the money counts by, in UTC; null where the present offer counts. */
            offerEndedAt: string | null;
            /** @description The payment. Null for what belongs to none of yours. */
            paymentId: string | null;
            /** @description The address that the money went to; null where the transaction created a contract. */
            recipient: string | null;
            /** @description The address that the money came from. */
            sender: string;
            /** @description Whether a single node reported what came to you, and no second one has confirmed it. */
            singleSource: boolean;
            /** @description The asset's symbol; null for a token that this server does not know. */
            symbol: string | null;
            /** @description What it counts as towards its payment, as a decimal string; null where it belongs to none of yours. */
            value: string | null;
            /** @description What the movement counts as, in one word. */
            verdict: components["schemas"]["Verdict"];
        };
        /**
         * @description What one network knows of a transaction. ``confirmationsNeeded`` is null where the network waits for a finality
         *         tag; ``leftOut`` counts movements between others that are not listed.
         */
        OnNetworkObject: {
            /** @description The block that holds the transaction; null while none does. */
            blockNumber: number | null;
            /** @description The network's EIP-155 chain id. */
            chainId: number;
            /** @description How many confirmations make it final; null where the network names its final blocks itself. */
            confirmationsNeeded: number | null;
            /** @description The transaction's page on a block explorer; null where none is set. */
            explorerUrl: string | null;
            /** @description Whether the network knows the transaction, and its outcome there. */
            found: components["schemas"]["Found"];
            /** @description How many movements between other people's addresses are not listed. */
            leftOut: number;
            /** @description The movements of money in the transaction that concern you. */
            movements: components["schemas"]["MovementObject"][];
            /** @description The network, by the name the server's operator gave it. */
            name: string;
            /** @description The network's name as buyers see it. */
            title: string;
        };
        /** @description ``total = subtotal + tax + shipping - discount``, as decimal strings in the order's currency. */
        OrderAmounts: {
            /** @description What discounts take off, as a decimal string. */
            discount: string;
            /** @description What shipping costs, as a decimal string. */
            shipping: string;
            /** @description What the goods cost before discounts, tax and shipping, as a decimal string. */
            subtotal: string;
            /** @description The tax, as a decimal string. */
            tax: string;
            /** @description What is to be paid in all, as a decimal string. */
            total: string;
        };
        /**
         * @description An order as the API shows it.
         *
         *         Attributes:
         *             exceptions: what is unusual about its money: ``underpaid``, ``overpaid``, ``late``, ``reorged``,
         *                 ``unexpected``.
         *             payment_status: ``paid`` while the order is; ``no_payment_required`` where its total is zero.
         *             received: what has arrived and is confirmed, in the order's currency at the locked price.
         *             refunded: what has gone back of it.
         *             customer_stated: whether the customer is only who the buyer of a payment link said they are; nothing is proved.
         *             client_reference_id: what whoever sent the buyer calls it; never unique.
         *             decision: what you said last about unusual money.
         *             expires_at: money that is complete at this instant or later is late.
         *             receipt_url: where the buyer downloads the receipt, without a key; null while the order is not paid.
         *             exchange_rate: the rate that was locked for the option that the session shows; absent where none was needed.
         */
        OrderObject: {
            /** @description What the total is made of, and its outcome. */
            amounts: components["schemas"]["OrderAmounts"];
            /** @description What whoever sends the buyer calls this visit. It need not be unique, and proves nothing; null if none was given. */
            clientReferenceId: string | null;
            /**
             * Format: date-time
             * @description When the object was created, in UTC.
             */
            createdAt: string;
            /** @description The currency of the amounts beside it: an ISO 4217 code in capital letters. */
            currency: string;
            /** @description Where `expand` asks for `customer`. */
            customer?: components["schemas"]["CustomerObject"] | null;
            /** @description The customer; null where none is known. */
            customerId: string | null;
            /** @description Whether the customer is only who the buyer said they are. Nobody has verified it. */
            customerStated: boolean;
            /** @description What was decided about money that did not fit: `accepted`, `refunded` or `waiting`; null while nothing was. */
            decision: ("accepted" | "refunded" | "waiting") | null;
            /** @description The discounts that were applied; empty for none. */
            discounts: components["schemas"]["DiscountObject"][];
            /** @description What is unusual about the payment; empty where nothing is. */
            exceptions: ("doubted" | "late" | "overpaid" | "reorged" | "underpaid" | "unexpected")[];
            /** @description The rate at which the price was converted, with its sources. */
            exchangeRate?: components["schemas"]["RateObject"];
            /**
             * Format: date-time
             * @description The session's deadline, in UTC. Money that is complete at it or later is late.
             */
            expiresAt: string;
            /**
             * @description Whether what was bought was handed over. You set it, or it follows from delivered items.
             * @enum {unknown}
             */
            fulfillment: "fulfilled" | "unfulfilled";
            /** @description The object's id. It never changes. */
            id: string;
            /** @description What was bought, line by line. */
            lineItems: components["schemas"]["LineItemObject"][];
            /** @description True for real money, false for test mode. */
            livemode: boolean;
            /** @description Your own key-value pairs, at most 50. They are kept and returned as they came; null for none. */
            metadata: unknown;
            /**
             * @description The kind of object, always the same word.
             * @default order
             * @enum {unknown}
             */
            object?: "order";
            /** @description Where `expand` asks for `payment`. */
            payment?: components["schemas"]["PaymentObject"] | null;
            /** @description The payment. Null for what belongs to none of yours. */
            paymentId: string;
            /**
             * @description Whether it is paid, as one of three words; partial payments are `unpaid`.
             * @enum {unknown}
             */
            paymentStatus: "no_payment_required" | "paid" | "unpaid";
            /** @description Where the buyer downloads the receipt, without a key; null while the order is not paid. */
            receiptUrl: string | null;
            /** @description How much has come and is confirmed, as a decimal string. */
            received: string;
            /** @description Your own name for the object, such as an order number; null for none. */
            reference: string | null;
            /** @description How much was given back, as a decimal string. */
            refunded: string;
            /** @description Where `expand` asks for `refunds`. */
            refunds?: components["schemas"]["ListObject_RefundObject_"];
            /** @description Where `expand` asks for `session`. */
            session?: components["schemas"]["CheckoutSessionObject"] | null;
            /** @description The checkout session. */
            sessionId: string;
            /**
             * @description Where the object stands; its moves are listed under "Events and webhooks".
             * @enum {unknown}
             */
            status: "canceled" | "expired" | "open" | "paid" | "processing" | "refunded" | "review";
            /** @description Whether no other open or paid order may have the same reference. */
            uniqueReference: boolean;
            /**
             * Format: date-time
             * @description When the object last changed, in UTC.
             */
            updatedAt: string;
        };
        /**
         * @description Where an order stands. What is unusual about its money is told beside it, by ``exceptions``.
         * @enum {unknown}
         */
        OrderStatus: "canceled" | "expired" | "open" | "paid" | "processing" | "refunded" | "review";
        /**
         * @description What can be made to happen to a test session.
         * @enum {unknown}
         */
        Outcome: "authorized" | "declined" | "detected" | "dust" | "failed" | "late" | "overpaid" | "paid" | "reorged" | "top_up" | "underpaid";
        /**
         * @description Decimal strings in the payment's currency, at the price that was locked.
         *
         *         Attributes:
         *             authorized: what the payer's side promised; zero for money that simply arrives.
         *             capturable: what of it can still be captured.
         *             received: what was captured or arrived, and is confirmed.
         *             refunded: what has gone back.
         *             refundable: what could still be sent back, with refunds under way taken off.
         */
        PaymentAmounts: {
            /** @description How much the buyer has authorized, as a decimal string. */
            authorized: string;
            /** @description How much of what is authorized can still be captured, as a decimal string. */
            capturable: string;
            /** @description How much has come and is confirmed, as a decimal string. */
            received: string;
            /** @description How much can still be refunded, as a decimal string. */
            refundable: string;
            /** @description How much was given back, as a decimal string. */
            refunded: string;
            /** @description What is to be paid, as a decimal string. */
            requested: string;
        };
        /**
         * @description A payment link as the API shows it (Crypto Checkout, payment links).
         *
         *         Attributes:
         *             active: whether you have it switched on; an active link opens no session once it has expired or is used up.
         *             expires_at: from then on it opens no session.
         *             completed_sessions: how many of its sessions were paid, or had failed and you accepted their money, whatever was
         *                 refunded later.
         *             max_completed_sessions: at this number it opens no more; those that are open by then may still be paid.
         */
        PaymentLinkObject: {
            /** @description Whether it can be used. False stops new uses; what was begun goes on. */
            active: boolean;
            /** @description Whether the buyer may enter a promotion code on the checkout page. */
            allowPromotionCodes: boolean;
            /** @description Whether it was archived. Archived links are left out of lists unless they are asked for. */
            archived: boolean;
            /** @description Where the buyer is sent after they turn back; null to show a page of the checkout instead. */
            cancelUrl: string | null;
            /**
             * Format: uri
             * @description The page on which the buyer pays. Send the buyer there.
             */
            checkoutUrl: string;
            /** @description How many sessions of this link were paid. */
            completedSessions: number;
            /**
             * Format: date-time
             * @description When the object was created, in UTC.
             */
            createdAt: string;
            /** @description A longer text that buyers see below the title; null for none. */
            description: string | null;
            /** @description When it stops being usable, in UTC; null where it has no end. */
            expiresAt: string | null;
            /** @description The price as a decimal string, in `fiatCurrency`. */
            fiatAmount: string;
            /** @description The currency of the price: an ISO 4217 code in capital letters. */
            fiatCurrency: string;
            /** @description The object's id. It never changes. */
            id: string;
            /** @description True for real money, false for test mode. */
            livemode: boolean;
            /** @description How many sessions of this link can be paid; null for any number. */
            maxCompletedSessions: number | null;
            /**
             * @description The kind of object, always the same word.
             * @default payment_link
             * @enum {unknown}
             */
            object?: "payment_link";
            /** @description The last part of the link's address: words of its title, then unguessable characters. */
            slug: string;
            /** @description Where the buyer is sent after paying; null to show a page of the checkout instead. */
            successUrl: string | null;
            /** @description What buyers read as the name. */
            title: string;
            /**
             * Format: date-time
             * @description When the object last changed, in UTC.
             */
            updatedAt: string;
        };
        /**
         * @description A payment as the API shows it.
         *
         *         Attributes:
         *             exceptions: what is unusual about its money: ``underpaid``, ``overpaid``, ``late``, ``reorged``,
         *                 ``unexpected``.
         *             amount: what the payer is to send, in the rail's asset.
         *             capture_before: when an authorization lapses.
         *             release_reason: why what was authorized and not captured was released.
         *             decision: what you said last about unusual money.
         */
        PaymentObject: {
            /** @description The address the buyer pays to; null until the buyer of a payment link has chosen how to pay. */
            address: string;
            /** @description The price in ether, at the payment's locked rate. */
            amount: components["schemas"]["CryptoAmount"];
            /** @description What the total is made of, and its outcome. */
            amounts: components["schemas"]["PaymentAmounts"];
            /** @description What is paid with, as a CAIP-19 asset type or as a name of the payment rail. */
            asset: string;
            /** @description When the payment was authorized, in UTC; null if it was not. */
            authorizedAt: string | null;
            /** @description Until when the authorized amount can be captured, in UTC; null where nothing waits for capture. */
            captureBefore: string | null;
            /**
             * @description `automatic` takes the money once it is confirmed; `manual` authorizes it and waits for your capture.
             * @enum {unknown}
             */
            captureMethod: "automatic" | "manual";
            /** @description The network's EIP-155 chain id. */
            chainId: number;
            /**
             * Format: date-time
             * @description When the object was created, in UTC.
             */
            createdAt: string;
            /** @description The currency of the amounts beside it: an ISO 4217 code in capital letters. */
            currency: string;
            /** @description Where `expand` asks for `customer`. */
            customer?: components["schemas"]["CustomerObject"] | null;
            /** @description What was decided about money that did not fit: `accepted`, `refunded` or `waiting`; null while nothing was. */
            decision: ("accepted" | "refunded" | "waiting") | null;
            /** @description What is unusual about the payment; empty where nothing is. */
            exceptions: ("doubted" | "late" | "overpaid" | "reorged" | "underpaid" | "unexpected")[];
            /** @description The object's id. It never changes. */
            id: string;
            /** @description The last refusal of this payment; null if there was none. */
            lastDecline: components["schemas"]["DeclineObject"] | null;
            /** @description True for real money, false for test mode. */
            livemode: boolean;
            /** @description Your own key-value pairs, at most 50. They are kept and returned as they came; null for none. */
            metadata: unknown;
            /**
             * @description The kind of object, always the same word.
             * @default payment
             * @enum {unknown}
             */
            object?: "payment";
            /** @description Where `expand` asks for `order`. */
            order?: components["schemas"]["OrderObject"] | null;
            /** @description The order. Null where it belongs to none yet. */
            orderId: string;
            /** @description The payment rail on which the money comes. */
            rail: string;
            /** @description Where `expand` asks for `refunds`. */
            refunds?: components["schemas"]["ListObject_RefundObject_"];
            /** @description Why an authorized remainder was released: `captured`, `lapsed` or `requested`; null where none was. */
            releaseReason: ("captured" | "lapsed" | "requested") | null;
            /** @description Where `expand` asks for `session`. */
            session?: components["schemas"]["CheckoutSessionObject"] | null;
            /** @description The checkout session. */
            sessionId: string;
            /**
             * @description Where the object stands; its moves are listed under "Events and webhooks".
             * @enum {unknown}
             */
            status: "awaiting" | "canceled" | "detected" | "expired" | "failed" | "requires_capture" | "review" | "succeeded";
            /** @description Where `expand` asks for `transactions`. */
            transactions?: components["schemas"]["ListObject_TransactionObject_"];
            /**
             * Format: date-time
             * @description When the object last changed, in UTC.
             */
            updatedAt: string;
        };
        /**
         * @description One way to pay a session on a network.
         *
         *         Attributes:
         *             network: the network's name on this server; ``network_title`` is how people know it, and ``exchange_label`` what
         *                 exchanges call it when somebody withdraws.
         *             explorer: where its blocks can be looked at.
         *             asset: CAIP-19 asset type of the token.
         *             amount: what must arrive, as an exact decimal; ``amount_atomic`` is the same in the token's smallest unit.
         *             confirmations_needed: how deep a transfer has to lie; null where a tag of the network's nodes says what is
         *                 final.
         *             confirmations_seen: how deep the last transfer in this token lies; null while none was seen.
         *             chosen: it is what the session's own ``amount`` and ``chainId`` show.
         *             exchange_rate: the rate that was locked for ``amount``; absent where one unit of the token is worth one of the
         *                 price's currency.
         */
        PaymentOptionObject: {
            /** @description What is to be paid with this option, as a decimal number of the asset. */
            amount: string;
            /** @description The amount in the asset's smallest unit, as a whole number in text (wei for ether). */
            amountAtomic: string;
            /** @description What is paid with, as a CAIP-19 asset type or as a name of the payment rail. */
            asset: string;
            /** @description The network's usual time between two blocks, in seconds. */
            blockSeconds: number;
            /** @description The network's EIP-155 chain id. */
            chainId: number;
            /** @description Whether the buyer has chosen this option. */
            chosen: boolean;
            /** @description How many confirmations make the money final; null where the network names its final blocks itself. */
            confirmationsNeeded: number | null;
            /** @description How many confirmations were seen so far; null before anything was seen. */
            confirmationsSeen: number | null;
            /** @description How many decimal places the asset's smallest unit stands for; null for a token that this server does not know. */
            decimals: number;
            /** @description The network's name as exchanges show it on their withdrawal pages. */
            exchangeLabel: string;
            /** @description The rate at which the price was converted, with its sources. */
            exchangeRate?: components["schemas"]["RateObject"];
            /** @description The network's block explorer; null if none is set. */
            explorer: string | null;
            /** @description The network, by the name the server's operator gave it; null for simulated money. */
            network: string;
            /** @description The network's name as buyers see it. */
            networkTitle: string;
            /** @description The asset's symbol; null for a token that this server does not know. */
            symbol: string;
        };
        /**
         * @description The state of a payment: its money, its session's clock and the merchant's decisions together.
         * @enum {unknown}
         */
        PaymentState: "awaiting" | "canceled" | "detected" | "expired" | "failed" | "requires_capture" | "review" | "succeeded";
        /**
         * @description A product as the API shows it.
         *
         *         Attributes:
         *             pricing: ``fixed``, or ``buyer`` where the buyer says what they pay.
         *             price: the price; of a buyer-priced product the suggested one, if there is one.
         *             price_min, price_max: the bounds of what a buyer may say, both included.
         *             reference: what the merchant calls it; unique in its mode. The product of the other mode that has the same one
         *                 is its twin.
         */
        ProductObject: {
            /** @description Whether it can be used. False stops new uses; what was begun goes on. */
            active: boolean;
            /**
             * Format: date-time
             * @description When the object was created, in UTC.
             */
            createdAt: string;
            /** @description The currency of the amounts beside it: an ISO 4217 code in capital letters. */
            currency: string;
            /** @description A longer text that buyers see below the title; null for none. */
            description: string | null;
            /** @description The object's id. It never changes. */
            id: string;
            /** @description True for real money, false for test mode. */
            livemode: boolean;
            /** @description Your own key-value pairs, at most 50. They are kept and returned as they came; null for none. */
            metadata: unknown;
            /** @description What it is called; null for no name. */
            name: string;
            /**
             * @description The kind of object, always the same word.
             * @default product
             * @enum {unknown}
             */
            object?: "product";
            /** @description The price as a decimal string in `currency`; null where the buyer sets it and none is suggested. */
            price: string | null;
            /** @description The highest price that the buyer may set, as a decimal string; null for no upper bound. */
            priceMax: string | null;
            /** @description The lowest price that the buyer may set, as a decimal string; null for a fixed price. */
            priceMin: string | null;
            /**
             * @description Whether the price is `fixed`, or set by the `buyer` within the bounds.
             * @enum {unknown}
             */
            pricing: "buyer" | "fixed";
            /** @description Your own name for the object, such as an order number; null for none. */
            reference: string | null;
            /**
             * Format: date-time
             * @description When the object last changed, in UTC.
             */
            updatedAt: string;
        };
        /**
         * @description A promotion code as the API shows it.
         *
         *         Attributes:
         *             minimum_amount, currency: what the goods must cost before the discount; null for no minimum.
         *             reserved_redemptions: held by sessions that may still be paid; they count against ``maxRedemptions``.
         *             redemptions: by sessions that were paid.
         */
        PromotionCodeObject: {
            /** @description Whether it can be used. False stops new uses; what was begun goes on. */
            active: boolean;
            /** @description The code that the buyer enters. Capital and small letters are the same. */
            code: string;
            /** @description Where `expand` asks for `coupon`. */
            coupon?: components["schemas"]["CouponObject"] | null;
            /** @description The coupon that sets the discount. */
            couponId: string;
            /**
             * Format: date-time
             * @description When the object was created, in UTC.
             */
            createdAt: string;
            /** @description The currency of the amounts beside it: an ISO 4217 code in capital letters. */
            currency: string | null;
            /** @description When it stops being usable, in UTC; null where it has no end. */
            expiresAt: string | null;
            /** @description Whether only customers who have never paid you before may use the code. */
            firstTimeTransaction: boolean;
            /** @description The object's id. It never changes. */
            id: string;
            /** @description True for real money, false for test mode. */
            livemode: boolean;
            /** @description How often it can be redeemed in all; null for any number. */
            maxRedemptions: number | null;
            /** @description Your own key-value pairs, at most 50. They are kept and returned as they came; null for none. */
            metadata: unknown;
            /** @description What the goods must cost at least for the code to apply, as a decimal string in `currency`; null for no minimum. */
            minimumAmount: string | null;
            /**
             * @description The kind of object, always the same word.
             * @default promotion_code
             * @enum {unknown}
             */
            object?: "promotion_code";
            /** @description Whether each customer may use the code only once. */
            onePerCustomer: boolean;
            /** @description How often it was redeemed by a paid order. */
            redemptions: number;
            /** @description How many redemptions are held by sessions that can still be paid. They count against the limit. */
            reservedRedemptions: number;
            /**
             * Format: date-time
             * @description When the object last changed, in UTC.
             */
            updatedAt: string;
        };
        /**
         * @description One rate that a price was converted by: ``value`` units of ``quote`` for one unit of ``base``.
         *
         *         Attributes:
         *             source: who said it: ``manual``, or the feed that it was read from.
         *             as_of: since when it was said.
         */
        RateLegObject: {
            /**
             * Format: date-time
             * @description When the source stated this rate, in UTC.
             */
            asOf: string;
            /** @description The asset that is priced, as a symbol. */
            base: string;
            /** @description The currency or asset in which the price is told, as a symbol. */
            quote: string;
            /** @description Where the quote came from. */
            source: string;
            /** @description What one unit of `base` costs in `quote`, as a decimal string. */
            value: string;
        };
        /**
         * @description The exchange rate that was locked: ``value`` units of ``quote`` for one unit of ``base``, which is the price's
         *         currency.
         *
         *         Attributes:
         *             value: an exact decimal where one is, else cut off after twelve decimals; amounts follow from ``legs``, exactly.
         *             as_of: since when the older of its legs was said.
         *             locked_until: the deadline of the session. Money that comes later is late, and worth what it was.
         *             legs: the rates that lead from the one currency to the other, each in the direction in which it was said.
         */
        RateObject: {
            /**
             * Format: date-time
             * @description When the source stated this rate, in UTC.
             */
            asOf: string;
            /** @description The asset that is priced, as a symbol. */
            base: string;
            /** @description The quotes that the rate was computed from, in order. */
            legs: components["schemas"]["RateLegObject"][];
            /**
             * Format: date-time
             * @description Until when the rate holds, in UTC.
             */
            lockedUntil: string;
            /** @description The currency or asset in which the price is told, as a symbol. */
            quote: string;
            /** @description What one unit of `base` costs in `quote`, as a decimal string. */
            value: string;
        };
        /**
         * @description What came by mail: a decimal ``amount`` in the session's currency, or its price where it is left out. Another
         *         amount than the price leads where such money always does.
         */
        ReceivePayment: {
            /**
             * @description What came, as a decimal string in the session's currency; null for exactly the price.
             * @default null
             */
            amount?: string | null;
        };
        /**
         * @description A redemption as the API shows it: one session's place in a coupon.
         *
         *         Attributes:
         *             promotion_code_id: the code through which it came; null where the coupon was applied directly.
         *             status: ``reserved`` while the session may still be paid, ``redeemed`` once it is, ``released`` when it ended
         *                 unpaid, or half an hour after its buyer typed the code and sent nothing. A released one can still be
         *                 redeemed, if there is a place.
         *             amount: what is taken off the order, as a decimal string in ``currency``.
         */
        RedemptionObject: {
            /** @description An amount of money as a decimal string, in the currency that is named beside it. */
            amount: string;
            /** @description Where `expand` asks for `coupon`. */
            coupon?: components["schemas"]["CouponObject"] | null;
            /** @description The coupon that sets the discount. */
            couponId: string;
            /**
             * Format: date-time
             * @description When the object was created, in UTC.
             */
            createdAt: string;
            /** @description The currency of the amounts beside it: an ISO 4217 code in capital letters. */
            currency: string;
            /** @description Where `expand` asks for `customer`. */
            customer?: components["schemas"]["CustomerObject"] | null;
            /** @description The customer; null where none is known. */
            customerId: string | null;
            /** @description The object's id. It never changes. */
            id: string;
            /** @description True for real money, false for test mode. */
            livemode: boolean;
            /**
             * @description The kind of object, always the same word.
             * @default redemption
             * @enum {unknown}
             */
            object?: "redemption";
            /** @description Where `expand` asks for `order`. */
            order?: components["schemas"]["OrderObject"] | null;
            /** @description The order. Null where it belongs to none yet. */
            orderId: string;
            /** @description Where `expand` asks for `promotionCode`. */
            promotionCode?: components["schemas"]["PromotionCodeObject"] | null;
            /** @description The promotion code that was used; null where the coupon was applied directly. */
            promotionCodeId: string | null;
            /** @description Where `expand` asks for `session`. */
            session?: components["schemas"]["CheckoutSessionObject"] | null;
            /** @description The checkout session. */
            sessionId: string;
            /**
             * @description Where the object stands; its moves are listed under "Events and webhooks".
             * @enum {unknown}
             */
            status: "redeemed" | "released" | "reserved";
            /**
             * Format: date-time
             * @description When the object last changed, in UTC.
             */
            updatedAt: string;
        };
        /**
         * @description What a session does with its place.
         * @enum {unknown}
         */
        RedemptionStatus: "redeemed" | "released" | "reserved";
        /**
         * @description A link with which a refund's buyer says where it goes.
         *
         *         Attributes:
         *             url, expires_at: null where the link was mailed: it is in the mail alone.
         *             mailed_to: the customer's address that it goes to; null where nothing is mailed.
         */
        RefundLinkObject: {
            /** @description Until when the link works, in UTC; null where it was mailed. */
            expiresAt: string | null;
            /** @description True for real money, false for test mode. */
            livemode: boolean;
            /** @description The address the link was mailed to; null where it was not mailed. */
            mailedTo: string | null;
            /**
             * @description The kind of object, always the same word.
             * @default refund_link
             * @enum {unknown}
             */
            object?: "refund_link";
            /** @description The refund that the link is for. */
            refundId: string;
            /** @description The page on which the customer says where the money is to go; null where it was mailed. */
            url: string | null;
        };
        /**
         * @description A refund as the API shows it.
         *
         *         Attributes:
         *             amount: a decimal string in ``currency``, which is the payment's.
         */
        RefundObject: {
            /** @description An amount of money as a decimal string, in the currency that is named beside it. */
            amount: string;
            /**
             * Format: date-time
             * @description When the object was created, in UTC.
             */
            createdAt: string;
            /** @description The currency of the amounts beside it: an ISO 4217 code in capital letters. */
            currency: string;
            /** @description The address to which the money goes back; null while it is not known. */
            destination: string | null;
            /** @description The object's id. It never changes. */
            id: string;
            /** @description True for real money, false for test mode. */
            livemode: boolean;
            /** @description Your own key-value pairs, at most 50. They are kept and returned as they came; null for none. */
            metadata: unknown;
            /**
             * @description The kind of object, always the same word.
             * @default refund
             * @enum {unknown}
             */
            object?: "refund";
            /** @description Where `expand` asks for `order`. */
            order?: components["schemas"]["OrderObject"] | null;
            /** @description The order. Null where it belongs to none yet. */
            orderId: string;
            /** @description Where `expand` asks for `payment`. */
            payment?: components["schemas"]["PaymentObject"] | null;
            /** @description The payment. Null for what belongs to none of yours. */
            paymentId: string;
            /**
             * @description Why the money is given back.
             * @enum {unknown}
             */
            reason: "duplicate" | "fraudulent" | "late" | "other" | "overpaid" | "requested_by_customer" | "underpaid";
            /**
             * @description Where the object stands; its moves are listed under "Events and webhooks".
             * @enum {unknown}
             */
            status: "canceled" | "failed" | "pending" | "succeeded";
            /** @description Where `expand` asks for `transaction`. */
            transaction?: components["schemas"]["TransactionObject"] | null;
            /** @description The transaction that the refund is recorded as. */
            transactionId: string;
            /**
             * Format: date-time
             * @description When the object last changed, in UTC.
             */
            updatedAt: string;
        };
        /** @description ``excess`` gives back what is too much and takes the rest as payment; ``everything`` ends the order. */
        RefundOrder: {
            /**
             * @description `excess` gives back what is too much and accepts the rest; `everything` gives back all and ends the order.
             * @enum {unknown}
             */
            what: "everything" | "excess";
        };
        /**
         * @description Why money goes back.
         * @enum {unknown}
         */
        RefundReason: "duplicate" | "fraudulent" | "late" | "other" | "overpaid" | "requested_by_customer" | "underpaid";
        /**
         * @description Where a refund stands. A pending one holds its amount, so that no other takes it.
         * @enum {unknown}
         */
        RefundStatus: "canceled" | "failed" | "pending" | "succeeded";
        /** @description Which endpoint is to get the event again; each active one that subscribed where it is left out. */
        ReplayEvent: {
            /**
             * @description The webhook endpoint. In a replay of one event, null means each active endpoint that subscribed.
             * @default null
             */
            endpointId?: string | null;
        };
        /** @description Two sequences, both excluded; to the newest event without ``before``. ``failedOnly`` leaves out what arrived. */
        ReplayRange: {
            /** @description Only events after this sequence number, which is excluded. */
            after: number;
            /**
             * @description Only events before this sequence number, which is excluded; left out, up to the newest.
             * @default 9007199254740991
             */
            before?: number;
            /**
             * @description Whether only deliveries that were abandoned are sent again.
             * @default false
             */
            failedOnly?: boolean;
        };
        /**
         * @description One currency, on one network or on all; decimal strings. ``sales = goods - discounts + tax + shipping +
         *         difference``, and ``kept = received - refunded``.
         *
         *         Attributes:
         *             network: CAIP-2, ``simulated`` or ``mail``; null for all networks together. A payment counts on the network
         *                 that it was asked for on last.
         *             orders: those that were paid in the month; one whose payment was reversed is taken off.
         *             difference: what came more or less than the totals of paid orders.
         *             opening, closing: the closing balances of a month are the opening ones of the next.
         */
        ReportLineObject: {
            /** @description The balances at the month's end. */
            closing: components["schemas"]["BalancesObject"];
            /** @description The currency of the amounts beside it: an ISO 4217 code in capital letters. */
            currency: string;
            /** @description How much more or less came than the totals of paid orders, as a decimal string. */
            difference: string;
            /** @description What discounts took off, as a decimal string. */
            discounts: string;
            /** @description What the goods of paid orders cost, as a decimal string. */
            goods: string;
            /** @description `received - refunded`, as a decimal string. */
            kept: string;
            /** @description The network as a CAIP-2 id, `simulated` or `mail`; null for all networks together. */
            network: string | null;
            /** @description The balances at the month's begin: the closing ones of the month before. */
            opening: components["schemas"]["BalancesObject"];
            /** @description How many orders were paid in the month. One whose payment was reversed is taken off. */
            orders: number;
            /** @description How much came in the month, as a decimal string. */
            received: string;
            /** @description How much was given back in the month, as a decimal string. */
            refunded: string;
            /** @description How many refunds were made in the month. */
            refunds: number;
            /** @description `goods - discounts + tax + shipping + difference`, as a decimal string. */
            sales: string;
            /** @description What shipping costs, as a decimal string. */
            shipping: string;
            /** @description The tax, as a decimal string. */
            tax: string;
        };
        /** @description ``note`` is yours, such as the transaction with which you sent the money back. */
        ReturnTransfer: {
            /**
             * @description Your note on the decision; null for none.
             * @default null
             */
            note?: string | null;
        };
        /** @description For how long the secret before signs as well: at most seven days; 0 ends it at once. */
        RotateSecret: {
            /**
             * @description How long the earlier secret goes on signing, in seconds.
             * @default 86400
             */
            overlapSeconds?: number;
        };
        /**
         * @description ``q`` is an id in any language's spelling, an order's reference, the number of a receipt, an invoice or a credit
         *         note, a promotion code, a transaction hash, an address, a value in metadata, or the beginnings of words of a
         *         customer's name or e-mail address.
         */
        Search: {
            /** @description An id, an order's reference, a promotion code, a transaction hash, an address, or the beginnings of words of a customer's name or e-mail address. */
            q: string;
        };
        /**
         * @description By what it was found.
         * @enum {unknown}
         */
        SearchMatch: "address" | "code" | "customer" | "document_number" | "id" | "metadata" | "reference" | "transaction_hash";
        /**
         * @description Something that was found. ``type`` is what it is, ``id`` is its id, ``matched`` is by what it was found, and
         *         ``title`` is what a person calls it.
         */
        SearchResultObject: {
            /** @description The object's id. It never changes. */
            id: string;
            /** @description True for real money, false for test mode. */
            livemode: boolean;
            /** @description Which of the object's fields matched the query. */
            matched: components["schemas"]["SearchMatch"];
            /**
             * @description The kind of object, always the same word.
             * @default search_result
             * @enum {unknown}
             */
            object?: "search_result";
            /** @description What the object is called in lists. */
            title: string;
            /** @description What kind of object was found. */
            type: components["schemas"]["SearchType"];
        };
        /** @description Up to 20 results; ``hasMore`` says that there are others. A longer text finds fewer. */
        SearchResultsObject: {
            /** @description The objects of this page. */
            data: components["schemas"]["SearchResultObject"][];
            /** @description Whether there are more objects after this page. */
            hasMore: boolean;
        };
        /**
         * @description What a result is; the name that the object gives itself.
         * @enum {unknown}
         */
        SearchType: "checkout_session" | "coupon" | "customer" | "order" | "payment" | "payment_link" | "product" | "promotion_code" | "refund" | "transaction" | "unassigned_transfer";
        /**
         * @description The eight states of Crypto Checkout's session lifecycle.
         * @enum {unknown}
         */
        SessionStatus: "detected" | "expired" | "failed" | "overpaid" | "paid" | "paid_late" | "pending" | "underpaid";
        /** @description ``txHash`` names the transaction with which you sent the money. */
        SettleRefund: {
            /** @description The hash of the transaction on its network; null while there is none. */
            txHash: string;
        };
        /** @description What is to happen to the test session: one ``outcome``, or all that a test ``payer`` does. */
        SimulatePayment: {
            /**
             * @description What is to happen to the session; null where a `payer` acts instead.
             * @default null
             */
            outcome?: components["schemas"]["Outcome"] | null;
            /**
             * @description A test payer, who acts step by step; null where one `outcome` is asked for.
             * @default null
             */
            payer?: ("payer_authorizes" | "payer_declines" | "payer_declines_then_pays" | "payer_fails" | "payer_is_reorged" | "payer_pays" | "payer_pays_late" | "payer_pays_less" | "payer_pays_more" | "payer_pays_slowly" | "payer_pays_twice") | null;
        };
        /**
         * @description A test clock as the API shows it.
         *
         *         Attributes:
         *             advanced_seconds: by how much it was put forward in all.
         *             sessions: how many were created with its ``testClockId``.
         */
        TestClockObject: {
            /** @description How far the clock was put forward in all, in seconds. */
            advancedSeconds: number;
            /**
             * Format: date-time
             * @description When the object was created, in UTC.
             */
            createdAt: string;
            /** @description The object's id. It never changes. */
            id: string;
            /** @description True for real money, false for test mode. */
            livemode: boolean;
            /** @description What it is called; null for no name. */
            name: string | null;
            /**
             * @description The kind of object, always the same word.
             * @default test_clock
             * @enum {unknown}
             */
            object?: "test_clock";
            /** @description How many sessions follow this clock. */
            sessions: number;
            /**
             * Format: date-time
             * @description When the object last changed, in UTC.
             */
            updatedAt: string;
        };
        /**
         * @description What the recipient got on a chain.
         *
         *         Attributes:
         *             locator: ``<chain>:<contract>:<token id>``, or ``<chain>:<mint hash>``.
         */
        Token: {
            /**
             * @description The contract of the token that was delivered; null where it has none.
             * @default null
             */
            contractAddress?: string | null;
            /** @description Where the token is: `<chain>:<contract>:<token id>`, or `<chain>:<mint hash>`. */
            locator: string;
            /**
             * @description The transaction or account that minted the token; null where the contract and its id name it.
             * @default null
             */
            mintHash?: string | null;
            /**
             * @description The token's number within its contract; null where it has none.
             * @default null
             */
            tokenId?: string | null;
        };
        /**
         * @description Which way money went: a transfer or a capture comes in, a refund goes out.
         * @enum {unknown}
         */
        TransactionKind: "capture" | "refund" | "transfer";
        /**
         * @description A movement of money as the API shows it.
         *
         *         Attributes:
         *             kind: ``transfer`` and ``capture`` come in, ``refund`` goes out.
         *             status: ``dropped`` is what a reorganisation took away, or a refund that failed: it does not count.
         *             value: in ``currency``, at the price that was locked, rounded down.
         *             asset: what moved, as CAIP-19 asset type.
         *             network, symbol: the names of both as ``paymentOptions`` has them; null of what was not offered, and of
         *                 simulated payments.
         *             tx_hash: its name on the chain; null while it has none.
         */
        TransactionObject: {
            /** @description The amount that moved, in ether. */
            amount: components["schemas"]["CryptoAmount"];
            /** @description What is paid with, as a CAIP-19 asset type or as a name of the payment rail. */
            asset: string;
            /** @description The network's EIP-155 chain id. */
            chainId: number;
            /** @description When it became final, in UTC; null while it has not. */
            confirmedAt: string | null;
            /**
             * Format: date-time
             * @description When the object was created, in UTC.
             */
            createdAt: string;
            /** @description The currency of the amounts beside it: an ISO 4217 code in capital letters. */
            currency: string;
            /** @description The object's id. It never changes. */
            id: string;
            /**
             * @description What moved: a `transfer` from the buyer, a `capture`, or a `refund`.
             * @enum {unknown}
             */
            kind: "capture" | "refund" | "transfer";
            /** @description True for real money, false for test mode. */
            livemode: boolean;
            /** @description The network, by the name the server's operator gave it; null for simulated money. */
            network: string | null;
            /**
             * @description The kind of object, always the same word.
             * @default transaction
             * @enum {unknown}
             */
            object?: "transaction";
            /** @description Where `expand` asks for `order`. */
            order?: components["schemas"]["OrderObject"] | null;
            /** @description The order. Null where it belongs to none yet. */
            orderId: string;
            /** @description Where `expand` asks for `payment`. */
            payment?: components["schemas"]["PaymentObject"] | null;
            /** @description The payment. Null for what belongs to none of yours. */
            paymentId: string;
            /**
             * @description Where the object stands; its moves are listed under "Events and webhooks".
             * @enum {unknown}
             */
            status: "confirmed" | "dropped" | "pending";
            /** @description The asset's symbol; null for a token that this server does not know. */
            symbol: string | null;
            /** @description The hash of the transaction on its network; null while there is none. */
            txHash: string | null;
            /** @description What it counts as in the payment's currency, as a decimal string. */
            value: string;
        };
        /** @description The outcome of a transaction, the networks that know it first. */
        TransferExplanationObject: {
            /** @description True for real money, false for test mode. */
            livemode: boolean;
            /** @description What each network knows of the transaction; those that know it come first. */
            networks: components["schemas"]["OnNetworkObject"][];
            /**
             * @description The kind of object, always the same word.
             * @default transfer_explanation
             * @enum {unknown}
             */
            object?: "transfer_explanation";
            /** @description The outcome of the transaction, in one sentence. */
            summary: string;
            /** @description The hash of the transaction on its network; null while there is none. */
            txHash: string;
        };
        /**
         * @description Where an unassigned transfer stands.
         *
         *         A confirming one is not final yet. An orphaned one is no part of its chain, whatever was decided about it; where it
         *         comes back, it stands as before.
         * @enum {unknown}
         */
        UnassignedStatus: "assigned" | "confirming" | "orphaned" | "returned" | "unassigned";
        /**
         * @description An unassigned transfer as the API shows it.
         *
         *         Attributes:
         *             tx_hash: null where a contract sent the network's own coin.
         *             sender: the zero address where nobody knows it, as of such coin.
         *             amount: an exact decimal; ``amount_atomic`` is the same in the token's smallest unit.
         *             currency: what the token is worth one for one; null where nothing is known of it.
         *             reason: why it fits no payment.
         *             doubted: the balance of the address does not cover it.
         *             suggested_order_id: the order of the session that had this address.
         *             order_id: the order that it was assigned to.
         *             note: what was written down with the decision, such as the transaction that returned it.
         */
        UnassignedTransferObject: {
            /** @description An amount of money as a decimal string, in the currency that is named beside it. */
            amount: string;
            /** @description The amount in the asset's smallest unit, as a whole number in text (wei for ether). */
            amountAtomic: string;
            /** @description What is paid with, as a CAIP-19 asset type or as a name of the payment rail. */
            asset: string;
            /** @description The block that holds the transaction; null while none does. */
            blockNumber: number;
            /** @description The network's EIP-155 chain id. */
            chainId: number;
            /**
             * Format: date-time
             * @description When the object was created, in UTC.
             */
            createdAt: string;
            /** @description The currency that the token is worth one for one; null where nothing is known of the token. */
            currency: string | null;
            /** @description When it was decided what is done with it, in UTC; null while that is open. */
            decidedAt: string | null;
            /** @description Whether the balance of the address does not cover it, so that a person has to look first. */
            doubted: boolean;
            /** @description The object's id. It never changes. */
            id: string;
            /** @description True for real money, false for test mode. */
            livemode: boolean;
            /**
             * Format: date-time
             * @description When its block was made, in UTC.
             */
            minedAt: string;
            /** @description The network, by the name the server's operator gave it; null for simulated money. */
            network: string;
            /** @description Your note on the decision; null for none. */
            note: string | null;
            /**
             * @description The kind of object, always the same word.
             * @default unassigned_transfer
             * @enum {unknown}
             */
            object?: "unassigned_transfer";
            /** @description Where `expand` asks for `order`. */
            order?: components["schemas"]["OrderObject"] | null;
            /** @description The order. Null where it belongs to none yet. */
            orderId: string | null;
            /**
             * @description Why the transfer fits no payment.
             * @enum {unknown}
             */
            reason: "network_not_offered" | "no_session" | "token_not_offered";
            /** @description The address that the money went to; null where the transaction created a contract. */
            recipient: string;
            /** @description The address that the money came from; the zero address where nobody knows it. */
            sender: string;
            /**
             * @description Where the object stands; its moves are listed under "Events and webhooks".
             * @enum {unknown}
             */
            status: "assigned" | "confirming" | "orphaned" | "returned" | "unassigned";
            /** @description Where `expand` asks for `suggestedOrder`. */
            suggestedOrder?: components["schemas"]["OrderObject"] | null;
            /** @description The order of the session that had this address; null where none had. */
            suggestedOrderId: string | null;
            /** @description The asset's symbol; null for a token that this server does not know. */
            symbol: string;
            /** @description The hash of the transaction; null where a contract sent the network's own coin. */
            txHash: string | null;
            /**
             * Format: date-time
             * @description When the object last changed, in UTC.
             */
            updatedAt: string;
        };
        /**
         * @description What may be changed; fields that are left out stay, ``metadata`` is merged by key. What a coupon is worth
         *         never changes: make another, and switch this one off.
         */
        UpdateCoupon: {
            /** @description Whether it can be used. False stops new uses; what was begun goes on. */
            active?: boolean;
            /** @description A longer text that buyers see below the title; null for none. */
            description?: string | null;
            /** @description Your own key-value pairs, at most 50. They are kept and returned as they came; null for none. */
            metadata?: Record<string, unknown> | null;
            /** @description What it is called; null for no name. */
            name?: string;
        };
        /** @description What may be changed; fields that are left out stay, null clears, ``metadata`` is merged by key. */
        UpdateCustomer: {
            /** @description The customer's e-mail address, unique among your customers; null if none is known. */
            email?: string | null;
            /** @description Your own key-value pairs, at most 50. They are kept and returned as they came; null for none. */
            metadata?: Record<string, unknown> | null;
            /** @description What it is called; null for no name. */
            name?: string | null;
            /** @description Your own name for the object, such as an order number; null for none. */
            reference?: string | null;
        };
        /** @description What may be changed; fields that are left out stay, ``metadata`` is merged by key, where null removes one. */
        UpdateOrder: {
            /**
             * @description Whether what was bought was handed over. You set it, or it follows from delivered items.
             * @enum {unknown}
             */
            fulfillment?: "fulfilled" | "unfulfilled";
            /** @description Your own key-value pairs, at most 50. They are kept and returned as they came; null for none. */
            metadata?: Record<string, unknown> | null;
        };
        /** @description ``metadata`` is merged by key, where null removes one. */
        UpdatePayment: {
            /** @description Your own key-value pairs, at most 50. They are kept and returned as they came; null for none. */
            metadata: Record<string, unknown> | null;
        };
        /** @description What may be changed; fields that are left out stay as they are. */
        UpdatePaymentLink: {
            /** @description Whether it can be used. False stops new uses; what was begun goes on. */
            active?: boolean;
            /** @description Whether the buyer may enter a promotion code on the checkout page. */
            allowPromotionCodes?: boolean;
            /** @description Where the buyer is sent after they turn back; null to show a page of the checkout instead. */
            cancelUrl?: string | null;
            /** @description A longer text that buyers see below the title; null for none. */
            description?: string | null;
            /** @description When it stops being usable, in UTC; null where it has no end. */
            expiresAt?: string | null;
            /** @description The price as a decimal string, in `fiatCurrency`. */
            fiatAmount?: string;
            /** @description The currency of the price: an ISO 4217 code in capital letters. */
            fiatCurrency?: string;
            /** @description How many sessions of this link can be paid; null for any number. */
            maxCompletedSessions?: number | null;
            /** @description Where the buyer is sent after paying; null to show a page of the checkout instead. */
            successUrl?: string | null;
            /** @description What buyers read as the name. */
            title?: string;
        };
        /** @description What may be changed; fields that are left out stay, ``metadata`` is merged by key, where null removes one. */
        UpdateProduct: {
            /** @description Whether it can be used. False stops new uses; what was begun goes on. */
            active?: boolean;
            /** @description The currency of the amounts beside it: an ISO 4217 code in capital letters. */
            currency?: string;
            /** @description A longer text that buyers see below the title; null for none. */
            description?: string | null;
            /** @description Your own key-value pairs, at most 50. They are kept and returned as they came; null for none. */
            metadata?: Record<string, unknown> | null;
            /** @description What it is called; null for no name. */
            name?: string;
            /** @description The price as a decimal string in `currency`; null where the buyer sets it and none is suggested. */
            price?: string | null;
            /** @description The highest price that the buyer may set, as a decimal string; null for no upper bound. */
            priceMax?: string | null;
            /** @description The lowest price that the buyer may set, as a decimal string; null for a fixed price. */
            priceMin?: string | null;
            /**
             * @description Whether the price is `fixed`, or set by the `buyer` within the bounds.
             * @enum {unknown}
             */
            pricing?: "buyer" | "fixed";
            /** @description Your own name for the object, such as an order number; null for none. */
            reference?: string | null;
        };
        /** @description What may be changed; fields that are left out stay, ``metadata`` is merged by key, where null removes one. */
        UpdatePromotionCode: {
            /** @description Whether it can be used. False stops new uses; what was begun goes on. */
            active?: boolean;
            /** @description Your own key-value pairs, at most 50. They are kept and returned as they came; null for none. */
            metadata?: Record<string, unknown> | null;
        };
        /** @description ``metadata`` is merged by key, where null removes one. */
        UpdateRefund: {
            /** @description Your own key-value pairs, at most 50. They are kept and returned as they came; null for none. */
            metadata: Record<string, unknown> | null;
        };
        /** @description What may be changed; fields that are left out stay as they are. */
        UpdateWebhookEndpoint: {
            /** @description Whether it can be used. False stops new uses; what was begun goes on. */
            active?: boolean;
            /** @description A longer text that buyers see below the title; null for none. */
            description?: string | null;
            /** @description The event types the endpoint receives; `*` is every type, including later ones. */
            events?: string[];
            /**
             * Format: uri
             * @description The address that events are posted to. It must be reachable for this server.
             */
            url?: string;
        };
        /**
         * @description How many live renders of a month have succeeded, which is what they are billed by, and who asked for them: up to
         *         1,000, by their ids. Test renders are free: a key of test mode sees none.
         */
        UsageObject: {
            /** @description Who asked for them: up to 1,000, by their ids. */
            keys: components["schemas"]["KeyUsageObject"][];
            /** @description True for real money, false for test mode. */
            livemode: boolean;
            /** @description A month in UTC. */
            month: string;
            /**
             * @description The kind of object, always the same word.
             * @default usage
             * @enum {unknown}
             */
            object?: "usage";
            /** @description Of all together, also where more than 1,000 have asked. */
            renders: number;
        };
        /** @description ``month`` such as ``2026-11``, in UTC; the current one where there is none. */
        UsageQuery: {
            /**
             * @description The month, written `2026-11`; null for the current one.
             * @default null
             */
            month?: string | null;
        };
        /**
         * @description Whether a movement of a transaction counts, or why not.
         * @enum {unknown}
         */
        Verdict: "counted" | "doubted" | "left" | "native_coin" | "not_mined" | "not_read_yet" | "orphaned" | "other_address" | "other_token" | "reverted" | "unassigned" | "waiting";
        /** @description One event on its way to one endpoint. ``eventId`` is null for a test send. */
        WebhookDeliveryObject: {
            /** @description The attempts so far, oldest first. */
            attempts: components["schemas"]["AttemptObject"][];
            /** @description How many attempts are made at most, before the delivery is abandoned. */
            attemptsMax: number;
            /**
             * Format: date-time
             * @description When the object was created, in UTC.
             */
            createdAt: string;
            /** @description The webhook endpoint. In a replay of one event, null means each active endpoint that subscribed. */
            endpointId: string;
            /** @description The event that is delivered; null for a test send. */
            eventId: string | null;
            /** @description The type of the event that is delivered. */
            eventType: string;
            /** @description The object's id. It never changes. */
            id: string;
            /** @description True for real money, false for test mode. */
            livemode: boolean;
            /** @description When the next attempt is due, in UTC; null where none is. */
            nextAttemptAt: string | null;
            /**
             * @description The kind of object, always the same word.
             * @default webhook_delivery
             * @enum {unknown}
             */
            object?: "webhook_delivery";
            /**
             * @description Where the object stands; its moves are listed under "Events and webhooks".
             * @enum {unknown}
             */
            status: "abandoned" | "delivered" | "pending";
        };
        /**
         * @description A webhook endpoint as the API shows it (Crypto Checkout, webhook endpoints).
         *
         *         Attributes:
         *             failing_since: nothing but failures came of it since then; after five days, each of which is told by an
         *                 event, it is switched off.
         *             disabled_reason: ``failing`` or ``gone`` (it answered 410); ``active: true`` switches it on again.
         *             dialect: in which language events are sent to it, where that is not this API's own.
         */
        WebhookEndpointObject: {
            /** @description Whether it can be used. False stops new uses; what was begun goes on. */
            active: boolean;
            /**
             * Format: date-time
             * @description When the object was created, in UTC.
             */
            createdAt: string;
            /** @description A longer text that buyers see below the title; null for none. */
            description: string | null;
            /** @description The language in which events are sent to this endpoint. */
            dialect?: string;
            /** @description Why deliveries stopped: `failing` after days of failures, `gone` after a 410; null where nothing stopped them. */
            disabledReason: components["schemas"]["DisabledReason"] | null;
            /** @description The event types the endpoint receives; `*` is every type, including later ones. */
            events: string[];
            /** @description Since when every delivery to this endpoint has failed, in UTC; null if the last one succeeded. */
            failingSince: string | null;
            /** @description The object's id. It never changes. */
            id: string;
            /** @description True for real money, false for test mode. */
            livemode: boolean;
            /**
             * @description The kind of object, always the same word.
             * @default webhook_endpoint
             * @enum {unknown}
             */
            object?: "webhook_endpoint";
            /** @description Until when the earlier secret signs as well, in UTC; null where there is none. */
            previousSecretExpiresAt: string | null;
            /** @description The beginning of the signing secret, by which you can tell it from others. */
            secretPrefix: string;
            /**
             * Format: date-time
             * @description When the object last changed, in UTC.
             */
            updatedAt: string;
            /**
             * Format: uri
             * @description The address that events are posted to. It must be reachable for this server.
             */
            url: string;
        };
        /** @description How many deliveries a replay made. ``nextAfter`` is the ``after`` to go on with; null where all was looked at. */
        WebhookReplayObject: {
            /** @description How many deliveries the replay created. */
            deliveries: number;
            /** @description The webhook endpoint. In a replay of one event, null means each active endpoint that subscribed. */
            endpointId: string;
            /** @description True for real money, false for test mode. */
            livemode: boolean;
            /** @description The `after` with which the replay goes on; null where the whole range was looked at. */
            nextAfter: number | null;
            /**
             * @description The kind of object, always the same word.
             * @default webhook_replay
             * @enum {unknown}
             */
            object?: "webhook_replay";
        };
        /** @description The outcome of a test send. */
        WebhookTestObject: {
            /** @description The attempt that was made, with its answer. */
            attempt: components["schemas"]["AttemptObject"];
            /** @description Whether the receiver answered with a 2xx status in time. */
            delivered: boolean;
            /** @description The delivery that was made for the test. */
            deliveryId: string;
            /** @description The id that the test event had. */
            eventId: string;
            /** @description True for real money, false for test mode. */
            livemode: boolean;
            /**
             * @description The kind of object, always the same word.
             * @default webhook_test
             * @enum {unknown}
             */
            object?: "webhook_test";
        };
    };
    responses: {
        /** @description Refused: invalid_body, invalid_idempotency_key, invalid_if_match, invalid_query */
        Refused400: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"];
            };
        };
        /** @description Refused: invalid_api_key */
        Refused401: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"];
            };
        };
        /** @description Refused: address_not_allowed, app_not_allowed, client_secret_missing, client_secret_wrong, https_required, missing_scope, origin_not_allowed, project_suspended, secret_key_required, test_mode_only, wrong_mode */
        Refused403: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"];
            };
        };
        /** @description Refused: document_not_issued, not_found, unknown_path */
        Refused404: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"];
            };
        };
        /** @description Refused: method_not_allowed */
        Refused405: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"];
            };
        };
        /** @description Refused: capture_exceeds_authorization, conflict, currency_not_accepted, customer_erased, customer_exists, delivery_not_replayable, discount_expired, discount_inactive, discount_not_applicable, discount_used_up, idempotency_key_in_use, idempotency_key_reused, link_archived, link_expired, link_inactive, link_used_up, live_mode_not_configured, nothing_to_accept, nothing_to_refund, nothing_to_wait_for, order_not_deliverable, order_reference_taken, payment_not_cancelable, payment_not_capturable, product_inactive, product_reference_taken, promotion_code_exists, refund_asks_no_address, refund_being_sent, refund_exceeds_received, refund_not_pending, refund_not_proved, refund_without_destination, refund_without_email, sequence_ahead, session_changed, session_not_cancelable, session_not_payable, session_not_pending, test_clock_full, too_many_webhook_endpoints, transfer_not_open */
        Refused409: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"];
            };
        };
        /** @description Refused: precondition_failed */
        Refused412: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"];
            };
        };
        /** @description Refused: body_too_large */
        Refused413: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"];
            };
        };
        /** @description Refused: unsupported_media_type */
        Refused415: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"];
            };
        };
        /** @description Refused: quota_exceeded, rate_limited */
        Refused429: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"];
            };
        };
        /** @description Refused: internal_error */
        Refused500: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"];
            };
        };
        /** @description Refused: document_not_ready, documents_not_installed, unavailable */
        Refused503: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"];
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    checkout_sessions_list_all: {
        parameters: {
            query?: {
                /** @description Only objects over exactly this amount, as a decimal string, in the `currency` beside it. */
                amount?: string;
                /** @description Only objects that were created at this instant or later. */
                createdAfter?: string;
                /** @description Only objects that were created before this instant, which is excluded. */
                createdBefore?: string;
                /** @description The currency of `amount`, with which it is sent: an ISO 4217 code in capital letters. */
                currency?: string;
                /** @description Only what belongs to this customer. */
                customerId?: string;
                /** @description Objects to include in the answer, next to their ids: order, payment, customer, paymentLink, coupon, promotionCode, testClock; dotted paths up to 4 levels deep. Each object requires the scope that reads it. */
                expand?: string[];
                /** @description How many objects a page holds at most, from 1 to 100. */
                limit?: number;
                /** @description Only sessions that were opened from this payment link. */
                linkId?: string;
                /** @description Only what this leads to: the object's own id, its order's reference, or its customer's e-mail address. */
                q?: string;
                /** @description In which order: `-amount` is the largest amount of each currency first, `amount` the smallest; left out, the newest object is. A cursor goes on in the order that it came from. */
                sort?: "-amount" | "amount";
                /** @description The id of the last object of the page before; the list goes on after it. */
                starting_after?: string;
                /** @description Only objects that stand at this status. */
                status?: components["schemas"]["SessionStatus"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListObject_CheckoutSessionObject_"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    checkout_sessions_create: {
        parameters: {
            query?: {
                /** @description Objects to include in the answer, next to their ids: order, payment, customer, paymentLink, coupon, promotionCode, testClock; dotted paths up to 4 levels deep. Each object requires the scope that reads it. */
                expand?: string[];
            };
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "amount": {
                 *         "value": "49.00",
                 *         "currency": "USD"
                 *       },
                 *       "successUrl": "https://shop.example/thanks"
                 *     }
                 */
                "application/json": components["schemas"]["CreateCheckoutSession"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckoutSessionObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    checkout_sessions_retrieve: {
        parameters: {
            query?: {
                /** @description Objects to include in the answer, next to their ids: order, payment, customer, paymentLink, coupon, promotionCode, testClock; dotted paths up to 4 levels deep. Each object requires the scope that reads it. */
                expand?: string[];
            };
            header?: {
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description For `If-Match`. */
                    ETag?: string;
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckoutSessionObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    checkout_sessions_accept: {
        parameters: {
            query?: {
                /** @description Objects to include in the answer, next to their ids: order, payment, customer, paymentLink, coupon, promotionCode, testClock; dotted paths up to 4 levels deep. Each object requires the scope that reads it. */
                expand?: string[];
            };
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description For `If-Match`. */
                    ETag?: string;
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckoutSessionObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    checkout_sessions_cancel: {
        parameters: {
            query?: {
                /** @description Objects to include in the answer, next to their ids: order, payment, customer, paymentLink, coupon, promotionCode, testClock; dotted paths up to 4 levels deep. Each object requires the scope that reads it. */
                expand?: string[];
            };
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description For `If-Match`. */
                    ETag?: string;
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckoutSessionObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    checkout_sessions_expire: {
        parameters: {
            query?: {
                /** @description Objects to include in the answer, next to their ids: order, payment, customer, paymentLink, coupon, promotionCode, testClock; dotted paths up to 4 levels deep. Each object requires the scope that reads it. */
                expand?: string[];
            };
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description For `If-Match`. */
                    ETag?: string;
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckoutSessionObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    checkout_sessions_choose_option: {
        parameters: {
            query?: {
                /** @description Objects to include in the answer, next to their ids: order, payment, customer, paymentLink, coupon, promotionCode, testClock; dotted paths up to 4 levels deep. Each object requires the scope that reads it. */
                expand?: string[];
            };
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "asset": "eip155:8453/slip44:60"
                 *     }
                 */
                "application/json": components["schemas"]["ChoosePaymentOption"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description For `If-Match`. */
                    ETag?: string;
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckoutSessionObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    checkout_sessions_receive: {
        parameters: {
            query?: {
                /** @description Objects to include in the answer, next to their ids: order, payment, customer, paymentLink, coupon, promotionCode, testClock; dotted paths up to 4 levels deep. Each object requires the scope that reads it. */
                expand?: string[];
            };
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "amount": "49.00"
                 *     }
                 */
                "application/json": components["schemas"]["ReceivePayment"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description For `If-Match`. */
                    ETag?: string;
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckoutSessionObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    checkout_sessions_simulate: {
        parameters: {
            query?: {
                /** @description Objects to include in the answer, next to their ids: order, payment, customer, paymentLink, coupon, promotionCode, testClock; dotted paths up to 4 levels deep. Each object requires the scope that reads it. */
                expand?: string[];
            };
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "outcome": "paid"
                 *     }
                 */
                "application/json": components["schemas"]["SimulatePayment"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description For `If-Match`. */
                    ETag?: string;
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckoutSessionObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    checkout_sessions_undo_received: {
        parameters: {
            query?: {
                /** @description Objects to include in the answer, next to their ids: order, payment, customer, paymentLink, coupon, promotionCode, testClock; dotted paths up to 4 levels deep. Each object requires the scope that reads it. */
                expand?: string[];
            };
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description For `If-Match`. */
                    ETag?: string;
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckoutSessionObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    coupons_list_all: {
        parameters: {
            query?: {
                /** @description Only objects that can be used, or only such as cannot. */
                active?: boolean;
                /** @description Only objects that were created at this instant or later. */
                createdAfter?: string;
                /** @description Only objects that were created before this instant, which is excluded. */
                createdBefore?: string;
                /** @description How many objects a page holds at most, from 1 to 100. */
                limit?: number;
                /** @description The id of the last object of the page before; the list goes on after it. */
                starting_after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListObject_CouponObject_"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    coupons_create: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Spring sale",
                 *       "discountType": "percentage",
                 *       "discountPercentage": "10"
                 *     }
                 */
                "application/json": components["schemas"]["CreateCoupon"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CouponObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    coupons_retrieve: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description For `If-Match`. */
                    ETag?: string;
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CouponObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    coupons_update: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "active": false
                 *     }
                 */
                "application/json": components["schemas"]["UpdateCoupon"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description For `If-Match`. */
                    ETag?: string;
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CouponObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    customers_list_all: {
        parameters: {
            query?: {
                /** @description Only objects that were created at this instant or later. */
                createdAfter?: string;
                /** @description Only objects that were created before this instant, which is excluded. */
                createdBefore?: string;
                /** @description Only the customer with exactly this address. */
                email?: string;
                /** @description How many objects a page holds at most, from 1 to 100. */
                limit?: number;
                /** @description Which page is asked for, counted from 1. */
                page?: number;
                /** @description Only the customer with exactly this reference. */
                reference?: string;
                /** @description The id of the last object of the page before; the list goes on after it. */
                starting_after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CustomerListObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    customers_create: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "email": "ada@example.com",
                 *       "name": "Ada Lovelace"
                 *     }
                 */
                "application/json": components["schemas"]["CreateCustomer"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CustomerObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    customers_retrieve: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description For `If-Match`. */
                    ETag?: string;
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CustomerObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    customers_erase: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description For `If-Match`. */
                    ETag?: string;
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CustomerObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    customers_update: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Ada King"
                 *     }
                 */
                "application/json": components["schemas"]["UpdateCustomer"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description For `If-Match`. */
                    ETag?: string;
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CustomerObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    events_list_all: {
        parameters: {
            query?: {
                /** @description The sequence number after which events are listed, oldest first. 0 begins at the start of the log. */
                after?: number;
                /** @description Only objects that were created at this instant or later. */
                createdAfter?: string;
                /** @description Only objects that were created before this instant, which is excluded. */
                createdBefore?: string;
                /** @description How many objects a page holds at most, from 1 to 100. */
                limit?: number;
                /** @description The `logId` that the position in `after` belongs to. A position of another log is refused. */
                log?: string;
                /** @description Only events about the object with this id. */
                objectId?: string;
                /** @description Only events of one sale: of the order, the session, the payment and the refunds that belong to the object with this id. */
                relatedObject?: string;
                /** @description The id of the last object of the page before; the list goes on after it. */
                starting_after?: string;
                /** @description Only events of this type, or of all types of an object with a pattern such as `session.*`. */
                type?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventListObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    events_retrieve: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    events_replay_event: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "endpointId": "we_01j9zk5v8e4w7m2q6r3t5y8x0a"
                 *     }
                 */
                "application/json": components["schemas"]["ReplayEvent"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListObject_WebhookDeliveryObject_"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    orders_list_all: {
        parameters: {
            query?: {
                /** @description Only orders over exactly this amount, in the `currency` beside it. */
                amount?: string;
                /** @description Only objects that were created at this instant or later. */
                createdAfter?: string;
                /** @description Only objects that were created before this instant, which is excluded. */
                createdBefore?: string;
                /** @description The currency of `amount`, with which it is sent: an ISO 4217 code in capital letters. */
                currency?: string;
                /** @description Only what belongs to this customer. */
                customerId?: string;
                /** @description Objects to include in the answer, next to their ids: session, payment, customer, refunds, lineItems.product, discounts.coupon, discounts.promotionCode; dotted paths up to 4 levels deep. Each object requires the scope that reads it. */
                expand?: string[];
                /** @description Only orders that were handed over, or only such as were not. */
                fulfillment?: components["schemas"]["Fulfillment"];
                /** @description How many objects a page holds at most, from 1 to 100. */
                limit?: number;
                /** @description Only what this leads to: the object's own id, its order's reference, or its customer's e-mail address. */
                q?: string;
                /** @description Only orders with exactly this reference. */
                reference?: string;
                /** @description Only what belongs to this checkout session. */
                sessionId?: string;
                /** @description In which order: `-amount` is the largest amount of each currency first, `amount` the smallest; left out, the newest object is. A cursor goes on in the order that it came from. */
                sort?: "-amount" | "amount";
                /** @description The id of the last object of the page before; the list goes on after it. */
                starting_after?: string;
                /** @description Only objects that stand at this status. */
                status?: components["schemas"]["OrderStatus"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListObject_OrderObject_"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    orders_retrieve: {
        parameters: {
            query?: {
                /** @description Objects to include in the answer, next to their ids: session, payment, customer, refunds, lineItems.product, discounts.coupon, discounts.promotionCode; dotted paths up to 4 levels deep. Each object requires the scope that reads it. */
                expand?: string[];
            };
            header?: {
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description For `If-Match`. */
                    ETag?: string;
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrderObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    orders_update: {
        parameters: {
            query?: {
                /** @description Objects to include in the answer, next to their ids: session, payment, customer, refunds, lineItems.product, discounts.coupon, discounts.promotionCode; dotted paths up to 4 levels deep. Each object requires the scope that reads it. */
                expand?: string[];
            };
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "fulfillment": "fulfilled"
                 *     }
                 */
                "application/json": components["schemas"]["UpdateOrder"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description For `If-Match`. */
                    ETag?: string;
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrderObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    orders_accept: {
        parameters: {
            query?: {
                /** @description Objects to include in the answer, next to their ids: session, payment, customer, refunds, lineItems.product, discounts.coupon, discounts.promotionCode; dotted paths up to 4 levels deep. Each object requires the scope that reads it. */
                expand?: string[];
            };
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description For `If-Match`. */
                    ETag?: string;
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrderObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    orders_credit_note: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the object that is meant. */
                id: string;
                /** @description Which of the order's credit notes it is, from 1. */
                n: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/pdf": string;
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    orders_deliver: {
        parameters: {
            query?: {
                /** @description Objects to include in the answer, next to their ids: session, payment, customer, refunds, lineItems.product, discounts.coupon, discounts.promotionCode; dotted paths up to 4 levels deep. Each object requires the scope that reads it. */
                expand?: string[];
            };
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "lineItemIds": [
                 *         "li_01j9zk5v8e4w7m2q6r3t5y8x0a"
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["DeliverItems"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description For `If-Match`. */
                    ETag?: string;
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrderObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    orders_fail_delivery: {
        parameters: {
            query?: {
                /** @description Objects to include in the answer, next to their ids: session, payment, customer, refunds, lineItems.product, discounts.coupon, discounts.promotionCode; dotted paths up to 4 levels deep. Each object requires the scope that reads it. */
                expand?: string[];
            };
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "reason": "Sold out"
                 *     }
                 */
                "application/json": components["schemas"]["FailDelivery"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description For `If-Match`. */
                    ETag?: string;
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrderObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    orders_invoice: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/pdf": string;
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    orders_receipt: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/pdf": string;
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    orders_refund: {
        parameters: {
            query?: {
                /** @description Objects to include in the answer, next to their ids: session, payment, customer, refunds, lineItems.product, discounts.coupon, discounts.promotionCode; dotted paths up to 4 levels deep. Each object requires the scope that reads it. */
                expand?: string[];
            };
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "what": "excess"
                 *     }
                 */
                "application/json": components["schemas"]["RefundOrder"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description For `If-Match`. */
                    ETag?: string;
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrderObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    orders_wait: {
        parameters: {
            query?: {
                /** @description Objects to include in the answer, next to their ids: session, payment, customer, refunds, lineItems.product, discounts.coupon, discounts.promotionCode; dotted paths up to 4 levels deep. Each object requires the scope that reads it. */
                expand?: string[];
            };
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description For `If-Match`. */
                    ETag?: string;
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrderObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    payment_links_list_all: {
        parameters: {
            query?: {
                /** @description Whether archived objects are listed instead of the others. */
                archived?: boolean;
                /** @description Only objects that were created at this instant or later. */
                createdAfter?: string;
                /** @description Only objects that were created before this instant, which is excluded. */
                createdBefore?: string;
                /** @description How many objects a page holds at most, from 1 to 100. */
                limit?: number;
                /** @description The id of the last object of the page before; the list goes on after it. */
                starting_after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListObject_PaymentLinkObject_"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    payment_links_create: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "fiatAmount": "49.00",
                 *       "fiatCurrency": "USD"
                 *     }
                 */
                "application/json": components["schemas"]["CreatePaymentLink"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaymentLinkObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    payment_links_retrieve: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description For `If-Match`. */
                    ETag?: string;
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaymentLinkObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    payment_links_archive: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description For `If-Match`. */
                    ETag?: string;
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaymentLinkObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    payment_links_update: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "active": false
                 *     }
                 */
                "application/json": components["schemas"]["UpdatePaymentLink"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description For `If-Match`. */
                    ETag?: string;
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaymentLinkObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    payments_list_all: {
        parameters: {
            query?: {
                /** @description Only objects over exactly this amount, as a decimal string, in the `currency` beside it. */
                amount?: string;
                /** @description Only objects that were created at this instant or later. */
                createdAfter?: string;
                /** @description Only objects that were created before this instant, which is excluded. */
                createdBefore?: string;
                /** @description The currency of `amount`, with which it is sent: an ISO 4217 code in capital letters. */
                currency?: string;
                /** @description Only what belongs to this customer. */
                customerId?: string;
                /** @description Objects to include in the answer, next to their ids: order, session, customer, transactions, refunds; dotted paths up to 4 levels deep. Each object requires the scope that reads it. */
                expand?: string[];
                /** @description How many objects a page holds at most, from 1 to 100. */
                limit?: number;
                /** @description Only what belongs to this order. */
                orderId?: string;
                /** @description Only what this leads to: the object's own id, its order's reference, or its customer's e-mail address. */
                q?: string;
                /** @description Only what belongs to this checkout session. */
                sessionId?: string;
                /** @description In which order: `-amount` is the largest amount of each currency first, `amount` the smallest; left out, the newest object is. A cursor goes on in the order that it came from. */
                sort?: "-amount" | "amount";
                /** @description The id of the last object of the page before; the list goes on after it. */
                starting_after?: string;
                /** @description Only objects that stand at this status. */
                status?: components["schemas"]["PaymentState"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListObject_PaymentObject_"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    payments_retrieve: {
        parameters: {
            query?: {
                /** @description Objects to include in the answer, next to their ids: order, session, customer, transactions, refunds; dotted paths up to 4 levels deep. Each object requires the scope that reads it. */
                expand?: string[];
            };
            header?: {
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description For `If-Match`. */
                    ETag?: string;
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaymentObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    payments_update: {
        parameters: {
            query?: {
                /** @description Objects to include in the answer, next to their ids: order, session, customer, transactions, refunds; dotted paths up to 4 levels deep. Each object requires the scope that reads it. */
                expand?: string[];
            };
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "metadata": {
                 *         "campaign": "spring"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["UpdatePayment"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description For `If-Match`. */
                    ETag?: string;
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaymentObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    payments_cancel: {
        parameters: {
            query?: {
                /** @description Objects to include in the answer, next to their ids: order, session, customer, transactions, refunds; dotted paths up to 4 levels deep. Each object requires the scope that reads it. */
                expand?: string[];
            };
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description For `If-Match`. */
                    ETag?: string;
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaymentObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    payments_capture: {
        parameters: {
            query?: {
                /** @description Objects to include in the answer, next to their ids: order, session, customer, transactions, refunds; dotted paths up to 4 levels deep. Each object requires the scope that reads it. */
                expand?: string[];
            };
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "amount": "49.00"
                 *     }
                 */
                "application/json": components["schemas"]["CapturePayment"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description For `If-Match`. */
                    ETag?: string;
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaymentObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    products_list_all: {
        parameters: {
            query?: {
                /** @description Only objects that can be used, or only such as cannot. */
                active?: boolean;
                /** @description Only objects that were created at this instant or later. */
                createdAfter?: string;
                /** @description Only objects that were created before this instant, which is excluded. */
                createdBefore?: string;
                /** @description How many objects a page holds at most, from 1 to 100. */
                limit?: number;
                /** @description Only objects with exactly this reference of yours. */
                reference?: string;
                /** @description The id of the last object of the page before; the list goes on after it. */
                starting_after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListObject_ProductObject_"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    products_create: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Annual subscription",
                 *       "price": "49.00",
                 *       "currency": "USD"
                 *     }
                 */
                "application/json": components["schemas"]["CreateProduct"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProductObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    products_retrieve: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description For `If-Match`. */
                    ETag?: string;
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProductObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    products_update: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "price": "59.00"
                 *     }
                 */
                "application/json": components["schemas"]["UpdateProduct"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description For `If-Match`. */
                    ETag?: string;
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProductObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    promotion_codes_list_all: {
        parameters: {
            query?: {
                /** @description Only objects that can be used, or only such as cannot. */
                active?: boolean;
                /** @description Only the promotion code with this text. Capital and small letters are the same. */
                code?: string;
                /** @description Only what belongs to this coupon. */
                couponId?: string;
                /** @description Only objects that were created at this instant or later. */
                createdAfter?: string;
                /** @description Only objects that were created before this instant, which is excluded. */
                createdBefore?: string;
                /** @description Objects to include in the answer, next to their ids: coupon; dotted paths up to 4 levels deep. Each object requires the scope that reads it. */
                expand?: string[];
                /** @description How many objects a page holds at most, from 1 to 100. */
                limit?: number;
                /** @description The id of the last object of the page before; the list goes on after it. */
                starting_after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListObject_PromotionCodeObject_"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    promotion_codes_create: {
        parameters: {
            query?: {
                /** @description Objects to include in the answer, next to their ids: coupon; dotted paths up to 4 levels deep. Each object requires the scope that reads it. */
                expand?: string[];
            };
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "code": "SPRING26",
                 *       "couponId": "cou_01j9zk5v8e4w7m2q6r3t5y8x0a"
                 *     }
                 */
                "application/json": components["schemas"]["CreatePromotionCode"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PromotionCodeObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    promotion_codes_retrieve: {
        parameters: {
            query?: {
                /** @description Objects to include in the answer, next to their ids: coupon; dotted paths up to 4 levels deep. Each object requires the scope that reads it. */
                expand?: string[];
            };
            header?: {
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description For `If-Match`. */
                    ETag?: string;
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PromotionCodeObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    promotion_codes_update: {
        parameters: {
            query?: {
                /** @description Objects to include in the answer, next to their ids: coupon; dotted paths up to 4 levels deep. Each object requires the scope that reads it. */
                expand?: string[];
            };
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "active": false
                 *     }
                 */
                "application/json": components["schemas"]["UpdatePromotionCode"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description For `If-Match`. */
                    ETag?: string;
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PromotionCodeObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    redemptions_list_all: {
        parameters: {
            query?: {
                /** @description Only what belongs to this coupon. */
                couponId?: string;
                /** @description Only objects that were created at this instant or later. */
                createdAfter?: string;
                /** @description Only objects that were created before this instant, which is excluded. */
                createdBefore?: string;
                /** @description Only what belongs to this customer. */
                customerId?: string;
                /** @description Objects to include in the answer, next to their ids: coupon, promotionCode, customer, session, order; dotted paths up to 4 levels deep. Each object requires the scope that reads it. */
                expand?: string[];
                /** @description How many objects a page holds at most, from 1 to 100. */
                limit?: number;
                /** @description Only what belongs to this order. */
                orderId?: string;
                /** @description Only what belongs to this promotion code. */
                promotionCodeId?: string;
                /** @description Only what belongs to this checkout session. */
                sessionId?: string;
                /** @description The id of the last object of the page before; the list goes on after it. */
                starting_after?: string;
                /** @description Only objects that stand at this status. */
                status?: components["schemas"]["RedemptionStatus"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListObject_RedemptionObject_"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    redemptions_retrieve: {
        parameters: {
            query?: {
                /** @description Objects to include in the answer, next to their ids: coupon, promotionCode, customer, session, order; dotted paths up to 4 levels deep. Each object requires the scope that reads it. */
                expand?: string[];
            };
            header?: never;
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RedemptionObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    refunds_list_all: {
        parameters: {
            query?: {
                /** @description Only objects over exactly this amount, as a decimal string, in the `currency` beside it. */
                amount?: string;
                /** @description Only objects that were created at this instant or later. */
                createdAfter?: string;
                /** @description Only objects that were created before this instant, which is excluded. */
                createdBefore?: string;
                /** @description The currency of `amount`, with which it is sent: an ISO 4217 code in capital letters. */
                currency?: string;
                /** @description Only what belongs to this customer. */
                customerId?: string;
                /** @description Objects to include in the answer, next to their ids: payment, order, transaction; dotted paths up to 4 levels deep. Each object requires the scope that reads it. */
                expand?: string[];
                /** @description How many objects a page holds at most, from 1 to 100. */
                limit?: number;
                /** @description Only what belongs to this order. */
                orderId?: string;
                /** @description Only what belongs to this payment. */
                paymentId?: string;
                /** @description Only what this leads to: the object's own id, its order's reference, or its customer's e-mail address. */
                q?: string;
                /** @description In which order: `-amount` is the largest amount of each currency first, `amount` the smallest; left out, the newest object is. A cursor goes on in the order that it came from. */
                sort?: "-amount" | "amount";
                /** @description The id of the last object of the page before; the list goes on after it. */
                starting_after?: string;
                /** @description Only objects that stand at this status. */
                status?: components["schemas"]["RefundStatus"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListObject_RefundObject_"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    refunds_create: {
        parameters: {
            query?: {
                /** @description Objects to include in the answer, next to their ids: payment, order, transaction; dotted paths up to 4 levels deep. Each object requires the scope that reads it. */
                expand?: string[];
            };
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "paymentId": "pay_01j9zk5v8e4w7m2q6r3t5y8x0a",
                 *       "reason": "requested_by_customer",
                 *       "amount": "10.00"
                 *     }
                 */
                "application/json": components["schemas"]["CreateRefund"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RefundObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    refunds_retrieve: {
        parameters: {
            query?: {
                /** @description Objects to include in the answer, next to their ids: payment, order, transaction; dotted paths up to 4 levels deep. Each object requires the scope that reads it. */
                expand?: string[];
            };
            header?: {
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description For `If-Match`. */
                    ETag?: string;
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RefundObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    refunds_update: {
        parameters: {
            query?: {
                /** @description Objects to include in the answer, next to their ids: payment, order, transaction; dotted paths up to 4 levels deep. Each object requires the scope that reads it. */
                expand?: string[];
            };
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "metadata": {
                 *         "campaign": "spring"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["UpdateRefund"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description For `If-Match`. */
                    ETag?: string;
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RefundObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    refunds_cancel: {
        parameters: {
            query?: {
                /** @description Objects to include in the answer, next to their ids: payment, order, transaction; dotted paths up to 4 levels deep. Each object requires the scope that reads it. */
                expand?: string[];
            };
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description For `If-Match`. */
                    ETag?: string;
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RefundObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    refunds_create_destination_link: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "mail": false
                 *     }
                 */
                "application/json": components["schemas"]["CreateRefundLink"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RefundLinkObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    refunds_settle: {
        parameters: {
            query?: {
                /** @description Objects to include in the answer, next to their ids: payment, order, transaction; dotted paths up to 4 levels deep. Each object requires the scope that reads it. */
                expand?: string[];
            };
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "txHash": "0x5c504ed432cb51138bcf09aa5e8a410dd4a1e204ef84bfed1be16dfba1b22060"
                 *     }
                 */
                "application/json": components["schemas"]["SettleRefund"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description For `If-Match`. */
                    ETag?: string;
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RefundObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    reports_monthly: {
        parameters: {
            query?: {
                /** @description The month, written `2026-11`; null for the current one. */
                month?: string;
                /** @description The IANA time zone in which the month begins and ends; null for the project's. */
                timeZone?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MonthlyReportObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    search_find: {
        parameters: {
            query?: {
                /** @description An id, an order's reference, a promotion code, a transaction hash, an address, or the beginnings of words of a customer's name or e-mail address. */
                q?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SearchResultsObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    test_clocks_list_all: {
        parameters: {
            query?: {
                /** @description Only objects that were created at this instant or later. */
                createdAfter?: string;
                /** @description Only objects that were created before this instant, which is excluded. */
                createdBefore?: string;
                /** @description How many objects a page holds at most, from 1 to 100. */
                limit?: number;
                /** @description The id of the last object of the page before; the list goes on after it. */
                starting_after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListObject_TestClockObject_"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    test_clocks_create: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "A month later"
                 *     }
                 */
                "application/json": components["schemas"]["CreateTestClock"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TestClockObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    test_clocks_retrieve: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description For `If-Match`. */
                    ETag?: string;
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TestClockObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    test_clocks_advance: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "seconds": 3600
                 *     }
                 */
                "application/json": components["schemas"]["AdvanceTestClock"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description For `If-Match`. */
                    ETag?: string;
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TestClockObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    transactions_list_transactions: {
        parameters: {
            query?: {
                /** @description Only objects that were created at this instant or later. */
                createdAfter?: string;
                /** @description Only objects that were created before this instant, which is excluded. */
                createdBefore?: string;
                /** @description Objects to include in the answer, next to their ids: payment, order; dotted paths up to 4 levels deep. Each object requires the scope that reads it. */
                expand?: string[];
                /** @description Only transactions of this kind. */
                kind?: components["schemas"]["TransactionKind"];
                /** @description How many objects a page holds at most, from 1 to 100. */
                limit?: number;
                /** @description Only what belongs to this order. */
                orderId?: string;
                /** @description Only what belongs to this payment. */
                paymentId?: string;
                /** @description The id of the last object of the page before; the list goes on after it. */
                starting_after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListObject_TransactionObject_"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    transactions_retrieve_transaction: {
        parameters: {
            query?: {
                /** @description Objects to include in the answer, next to their ids: payment, order; dotted paths up to 4 levels deep. Each object requires the scope that reads it. */
                expand?: string[];
            };
            header?: never;
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TransactionObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    transfers_explain: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A transaction's hash, as the wallet shows it after sending. */
                hash: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TransferExplanationObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    unassigned_transfers_list_all: {
        parameters: {
            query?: {
                /** @description Only objects that were created at this instant or later. */
                createdAfter?: string;
                /** @description Only objects that were created before this instant, which is excluded. */
                createdBefore?: string;
                /** @description Objects to include in the answer, next to their ids: suggestedOrder, order; dotted paths up to 4 levels deep. Each object requires the scope that reads it. */
                expand?: string[];
                /** @description How many objects a page holds at most, from 1 to 100. */
                limit?: number;
                /** @description The id of the last object of the page before; the list goes on after it. */
                starting_after?: string;
                /** @description Only objects that stand at this status. */
                status?: components["schemas"]["UnassignedStatus"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListObject_UnassignedTransferObject_"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    unassigned_transfers_retrieve: {
        parameters: {
            query?: {
                /** @description Objects to include in the answer, next to their ids: suggestedOrder, order; dotted paths up to 4 levels deep. Each object requires the scope that reads it. */
                expand?: string[];
            };
            header?: {
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description For `If-Match`. */
                    ETag?: string;
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UnassignedTransferObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    unassigned_transfers_assign: {
        parameters: {
            query?: {
                /** @description Objects to include in the answer, next to their ids: suggestedOrder, order; dotted paths up to 4 levels deep. Each object requires the scope that reads it. */
                expand?: string[];
            };
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "orderId": "ord_01j9zk5v8e4w7m2q6r3t5y8x0a"
                 *     }
                 */
                "application/json": components["schemas"]["AssignTransfer"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description For `If-Match`. */
                    ETag?: string;
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UnassignedTransferObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    unassigned_transfers_mark_returned: {
        parameters: {
            query?: {
                /** @description Objects to include in the answer, next to their ids: suggestedOrder, order; dotted paths up to 4 levels deep. Each object requires the scope that reads it. */
                expand?: string[];
            };
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "note": "Sent back by hand"
                 *     }
                 */
                "application/json": components["schemas"]["ReturnTransfer"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description For `If-Match`. */
                    ETag?: string;
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UnassignedTransferObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    usage_retrieve: {
        parameters: {
            query?: {
                /** @description The month, written `2026-11`; null for the current one. */
                month?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UsageObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    webhook_deliveries_retrieve_delivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookDeliveryObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    webhook_deliveries_replay: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Created */
            201: {
                headers: {
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookDeliveryObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    webhook_endpoints_list_all: {
        parameters: {
            query?: {
                /** @description Only objects that were created at this instant or later. */
                createdAfter?: string;
                /** @description Only objects that were created before this instant, which is excluded. */
                createdBefore?: string;
                /** @description How many objects a page holds at most, from 1 to 100. */
                limit?: number;
                /** @description The id of the last object of the page before; the list goes on after it. */
                starting_after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListObject_WebhookEndpointObject_"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    webhook_endpoints_create: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "url": "https://shop.example/webhooks",
                 *       "events": [
                 *         "session.paid"
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["CreateWebhookEndpoint"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedWebhookEndpointObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    webhook_endpoints_retrieve: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description For `If-Match`. */
                    ETag?: string;
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookEndpointObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    webhook_endpoints_delete: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeletedObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    webhook_endpoints_update: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "events": [
                 *         "*"
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["UpdateWebhookEndpoint"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    /** @description For `If-Match`. */
                    ETag?: string;
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookEndpointObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    webhook_endpoints_list_deliveries: {
        parameters: {
            query?: {
                /** @description Only objects that were created at this instant or later. */
                createdAfter?: string;
                /** @description Only objects that were created before this instant, which is excluded. */
                createdBefore?: string;
                /** @description How many objects a page holds at most, from 1 to 100. */
                limit?: number;
                /** @description The id of the last object of the page before; the list goes on after it. */
                starting_after?: string;
                /** @description Only objects that stand at this status. */
                status?: "abandoned";
            };
            header?: never;
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListObject_WebhookDeliveryObject_"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    webhook_endpoints_replay_range: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "after": 1,
                 *       "failedOnly": true
                 *     }
                 */
                "application/json": components["schemas"]["ReplayRange"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookReplayObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    webhook_endpoints_rotate_secret: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` of an answer that showed the object, several with commas between them, or `*`. Nothing is done where the object is another by now. */
                "If-Match"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "overlapSeconds": 3600
                 *     }
                 */
                "application/json": components["schemas"]["RotateSecret"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedWebhookEndpointObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            412: components["responses"]["Refused412"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
    webhook_endpoints_test: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes retries safe: within 24 hours, the same request with the same key gets the answer of the first one, and nothing is done twice. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The id of the object that is meant. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "X-Request-Id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookTestObject"];
                };
            };
            400: components["responses"]["Refused400"];
            401: components["responses"]["Refused401"];
            403: components["responses"]["Refused403"];
            404: components["responses"]["Refused404"];
            405: components["responses"]["Refused405"];
            409: components["responses"]["Refused409"];
            413: components["responses"]["Refused413"];
            415: components["responses"]["Refused415"];
            429: components["responses"]["Refused429"];
            500: components["responses"]["Refused500"];
            503: components["responses"]["Refused503"];
        };
    };
}
