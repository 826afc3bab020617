// Made from the server's OpenAPI document by scripts/types.mjs; change the server, not this file.

export interface paths {
    "/api/v1/checkout_sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["checkout_sessions_list_all"];
        put?: never;
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
        get: operations["coupons_list_all"];
        put?: never;
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
        get: operations["coupons_retrieve"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
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
        get: operations["customers_list_all"];
        put?: never;
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
        get: operations["customers_retrieve"];
        put?: never;
        post?: never;
        delete: operations["customers_erase"];
        options?: never;
        head?: never;
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
        get: operations["orders_retrieve"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
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
        get: operations["payment_links_list_all"];
        put?: never;
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
        get: operations["payment_links_retrieve"];
        put?: never;
        post?: never;
        delete: operations["payment_links_archive"];
        options?: never;
        head?: never;
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
        get: operations["payments_retrieve"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
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
        get: operations["products_list_all"];
        put?: never;
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
        get: operations["products_retrieve"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
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
        get: operations["promotion_codes_list_all"];
        put?: never;
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
        get: operations["promotion_codes_retrieve"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
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
        get: operations["refunds_list_all"];
        put?: never;
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
        get: operations["refunds_retrieve"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
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
        get: operations["test_clocks_list_all"];
        put?: never;
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
        get: operations["webhook_endpoints_list_all"];
        put?: never;
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
        get: operations["webhook_endpoints_retrieve"];
        put?: never;
        post?: never;
        delete: operations["webhook_endpoints_delete"];
        options?: never;
        head?: never;
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
        AdvanceTestClock: {
            seconds: number;
        };
        Amount: {
            currency: string;
            value: string;
        };
        AssignTransfer: {
            orderId: string;
            /** @default null */
            value?: string | null;
        };
        AttemptObject: {
            attemptedAt: string;
            durationMs: number;
            error: string | null;
            livemode: boolean;
            number: number;
            responseExcerpt: string | null;
            responseStatus: number | null;
        };
        BalancesObject: {
            inReview: string;
            owed: string;
        };
        CapturePayment: {
            /** @default null */
            amount?: string | null;
            /** @default true */
            cancelRemainder?: boolean;
        };
        CheckoutSessionObject: {
            address: string | null;
            allowPromotionCodes: boolean;
            amount: components["schemas"]["CryptoAmount"];
            canceledAt: string | null;
            cancelUrl: string | null;
            chainId: number;
            checkoutUrl: string;
            clientReferenceId: string | null;
            clientSecret?: string;
            coupon?: components["schemas"]["CouponObject"] | null;
            createdAt: string;
            customer?: components["schemas"]["CustomerObject"] | null;
            customerId: string | null;
            customerStated: boolean;
            ethPriceUsd: string | null;
            exceptions: ("doubted" | "late" | "overpaid" | "reorged" | "underpaid" | "unexpected")[];
            expiresAt: string;
            fiat: components["schemas"]["FiatAmount"];
            fiatReceived: components["schemas"]["FiatAmount"];
            id: string;
            linkId: string | null;
            livemode: boolean;
            locale: string | null;
            metadata: unknown;
            /**
             * @default checkout_session
             * @enum {unknown}
             */
            object?: "checkout_session";
            order?: components["schemas"]["OrderObject"] | null;
            orderId: string;
            paidAt: string | null;
            payment?: components["schemas"]["PaymentObject"] | null;
            paymentAddress?: string | null;
            paymentId: string;
            paymentLink?: components["schemas"]["PaymentLinkObject"] | null;
            paymentOptions?: components["schemas"]["PaymentOptionObject"][];
            /** @enum {unknown} */
            paymentStatus: "no_payment_required" | "paid" | "unpaid";
            promotionCode?: components["schemas"]["PromotionCodeObject"] | null;
            received: components["schemas"]["CryptoAmount"];
            reference: string | null;
            returnUrl: string | null;
            /** @enum {unknown} */
            status: "detected" | "expired" | "failed" | "overpaid" | "paid" | "paid_late" | "pending" | "underpaid";
            successUrl: string | null;
            testClock?: components["schemas"]["TestClockObject"] | null;
            testClockId: string | null;
            txHash: string | null;
        };
        ChoosePaymentOption: {
            asset: string;
        };
        CouponObject: {
            active: boolean;
            createdAt: string;
            currency: string | null;
            description: string | null;
            discountAmount: string | null;
            discountPercentage: string | null;
            /** @enum {unknown} */
            discountType: "amount" | "percentage";
            expiresAt: string | null;
            id: string;
            livemode: boolean;
            maxRedemptions: number | null;
            metadata: unknown;
            name: string;
            /**
             * @default coupon
             * @enum {unknown}
             */
            object?: "coupon";
            redemptions: number;
            reservedRedemptions: number;
            updatedAt: string;
        };
        CreateCheckoutSession: {
            /** @default null */
            allowPromotionCodes?: boolean | null;
            /** @default null */
            amount?: components["schemas"]["Amount"] | null;
            /** @default null */
            cancelUrl?: string | null;
            /**
             * @default automatic
             * @enum {unknown}
             */
            captureMethod?: "automatic" | "manual";
            /** @default null */
            clientReferenceId?: string | null;
            /** @default null */
            couponId?: string | null;
            /** @default null */
            currency?: string | null;
            /** @default null */
            customerId?: string | null;
            /** @default null */
            expiresInSeconds?: number | null;
            /** @default null */
            lineItems?: components["schemas"]["CreateLineItem"][] | null;
            /** @default null */
            linkId?: string | null;
            /** @default null */
            locale?: ("ar" | "de" | "en" | "es" | "fr" | "ja" | "pt-BR") | null;
            /** @default null */
            metadata?: Record<string, unknown> | null;
            /** @default null */
            promotionCode?: string | null;
            /** @default null */
            reference?: string | null;
            /** @default null */
            returnUrl?: string | null;
            /** @default null */
            shippingAmount?: string | null;
            /** @default null */
            successUrl?: string | null;
            /** @default null */
            testClockId?: string | null;
            /** @default false */
            uniqueReference?: boolean;
        };
        CreateCoupon: {
            /** @default true */
            active?: boolean;
            /** @default null */
            currency?: string | null;
            /** @default null */
            description?: string | null;
            /** @default null */
            discountAmount?: string | null;
            /** @default null */
            discountPercentage?: string | null;
            /** @enum {unknown} */
            discountType: "amount" | "percentage";
            /** @default null */
            expiresAt?: string | null;
            /** @default null */
            maxRedemptions?: number | null;
            /** @default null */
            metadata?: Record<string, unknown> | null;
            name: string;
        };
        CreateCustomer: {
            /** @default null */
            email?: string | null;
            /** @default null */
            metadata?: Record<string, unknown> | null;
            /** @default null */
            name?: string | null;
            /** @default null */
            reference?: string | null;
        };
        CreatedWebhookEndpointObject: {
            active: boolean;
            createdAt: string;
            description: string | null;
            dialect?: string;
            disabledReason: components["schemas"]["DisabledReason"] | null;
            events: string[];
            failingSince: string | null;
            id: string;
            livemode: boolean;
            /**
             * @default webhook_endpoint
             * @enum {unknown}
             */
            object?: "webhook_endpoint";
            previousSecretExpiresAt: string | null;
            secret: string | null;
            secretPrefix: string;
            secretShownBefore?: boolean;
            updatedAt: string;
            url: string;
        };
        CreateLineItem: {
            /**
             * @default product
             * @enum {unknown}
             */
            kind?: "discount" | "product" | "tax";
            /** @default null */
            name?: string | null;
            /** @default null */
            productId?: string | null;
            /** @default 1 */
            quantity?: number;
            /** @default null */
            unitAmount?: string | null;
        };
        CreatePaymentLink: {
            /** @default false */
            allowPromotionCodes?: boolean;
            /** @default null */
            cancelUrl?: string | null;
            /** @default null */
            description?: string | null;
            /** @default null */
            expiresAt?: string | null;
            fiatAmount: string;
            /** @default USD */
            fiatCurrency?: string;
            /** @default null */
            maxCompletedSessions?: number | null;
            /** @default null */
            successUrl?: string | null;
            title: string;
        };
        CreateProduct: {
            /** @default true */
            active?: boolean;
            /** @default USD */
            currency?: string;
            /** @default null */
            description?: string | null;
            /** @default null */
            metadata?: Record<string, unknown> | null;
            name: string;
            /** @default null */
            price?: string | null;
            /** @default null */
            priceMax?: string | null;
            /** @default null */
            priceMin?: string | null;
            /**
             * @default fixed
             * @enum {unknown}
             */
            pricing?: "buyer" | "fixed";
            /** @default null */
            reference?: string | null;
        };
        CreatePromotionCode: {
            /** @default true */
            active?: boolean;
            code: string;
            couponId: string;
            /** @default null */
            currency?: string | null;
            /** @default null */
            expiresAt?: string | null;
            /** @default false */
            firstTimeTransaction?: boolean;
            /** @default null */
            maxRedemptions?: number | null;
            /** @default null */
            metadata?: Record<string, unknown> | null;
            /** @default null */
            minimumAmount?: string | null;
            /** @default false */
            onePerCustomer?: boolean;
        };
        CreateRefund: {
            /** @default null */
            amount?: string | null;
            /** @default null */
            destination?: string | null;
            /** @default null */
            metadata?: Record<string, unknown> | null;
            paymentId: string;
            reason: components["schemas"]["RefundReason"];
        };
        CreateRefundLink: {
            /** @default false */
            mail?: boolean;
        };
        CreateTestClock: {
            /** @default null */
            name?: string | null;
        };
        CreateWebhookEndpoint: {
            /** @default null */
            description?: string | null;
            /** @default native */
            dialect?: string;
            events: string[];
            /** Format: uri */
            url: string;
        };
        CryptoAmount: {
            eth: string;
            wei: string;
        };
        CustomerListObject: {
            data: components["schemas"]["CustomerObject"][];
            limit: number;
            page: number;
            total: number;
        };
        CustomerObject: {
            createdAt: string;
            email: string | null;
            emailStated: boolean;
            erasedAt: string | null;
            id: string;
            livemode: boolean;
            metadata: unknown;
            name: string | null;
            /**
             * @default customer
             * @enum {unknown}
             */
            object?: "customer";
            reference: string | null;
            updatedAt: string;
        };
        DeclineObject: {
            code: string;
            declinedAt: string;
            livemode: boolean;
        };
        DeletedObject: {
            /** @default true */
            deleted?: boolean;
            id: string;
            livemode: boolean;
            /**
             * @default webhook_endpoint
             * @enum {unknown}
             */
            object?: "webhook_endpoint";
        };
        DeliverItems: {
            /** @default null */
            lineItemIds?: string[] | null;
            /** @default [] */
            tokens?: components["schemas"]["Token"][];
            /** @default null */
            transactionId?: string | null;
        };
        DeliveryObject: {
            at: string;
            livemode: boolean;
            reason: string | null;
            /** @enum {unknown} */
            status: "delivered" | "failed";
            tokens: components["schemas"]["Token"][];
            transactionId: string | null;
        };
        /** @enum {unknown} */
        DisabledReason: "failing" | "gone";
        DiscountObject: {
            amount: string;
            coupon?: components["schemas"]["CouponObject"] | null;
            couponId: string | null;
            livemode: boolean;
            name: string;
            promotionCode?: components["schemas"]["PromotionCodeObject"] | null;
            promotionCodeId: string | null;
        };
        ErrorBody: {
            code: string;
            /** @default null */
            detail?: string | null;
            docUrl: string;
            /** @default null */
            grantedScopes?: string[] | null;
            /** @default null */
            logId?: string | null;
            message: string;
            /** @default null */
            newestSequence?: number | null;
            /** @default null */
            param?: string | null;
            /** @default null */
            reason?: string | null;
            requestId: string;
            /** @default null */
            requiredScope?: string | null;
            type: string;
        };
        ErrorEnvelope: {
            error: components["schemas"]["ErrorBody"];
        };
        EventListObject: {
            data: components["schemas"]["EventObject"][];
            hasMore: boolean;
            logId: string;
            nextCursor: string | null;
        };
        EventObject: {
            createdAt: string;
            data: unknown;
            id: string;
            livemode: boolean;
            /**
             * @default event
             * @enum {unknown}
             */
            object?: "event";
            previousAttributes?: unknown;
            sequence: number;
            type: string;
        };
        FailDelivery: {
            /** @default null */
            lineItemIds?: string[] | null;
            /** @default null */
            reason?: string | null;
        };
        FiatAmount: {
            amount: string;
            currency: string;
        };
        /** @enum {unknown} */
        Found: "mined" | "not_answered" | "pending" | "reverted" | "unknown";
        /** @enum {unknown} */
        Fulfillment: "fulfilled" | "unfulfilled";
        KeyUsageObject: {
            key: string;
            renders: number;
        };
        LineItemObject: {
            amount: string;
            delivery: components["schemas"]["DeliveryObject"] | null;
            id: string;
            /** @enum {unknown} */
            kind: "discount" | "product" | "tax";
            livemode: boolean;
            name: string;
            /**
             * @default line_item
             * @enum {unknown}
             */
            object?: "line_item";
            product?: components["schemas"]["ProductObject"] | null;
            productId: string | null;
            quantity: number;
            unitAmount: string;
        };
        ListCheckoutSessions: {
            /** Format: date-time */
            createdAfter?: string;
            /** Format: date-time */
            createdBefore?: string;
            /** @default 25 */
            limit?: number;
            linkId?: string;
            starting_after?: string;
            status?: components["schemas"]["SessionStatus"];
        };
        ListCoupons: {
            active?: boolean;
            /** @default 25 */
            limit?: number;
            starting_after?: string;
        };
        ListCustomers: {
            email?: string;
            /** @default 25 */
            limit?: number;
            /** @default 1 */
            page?: number;
            reference?: string;
        };
        ListEvents: {
            after?: number;
            /** Format: date-time */
            createdAfter?: string;
            /** Format: date-time */
            createdBefore?: string;
            /** @default 25 */
            limit?: number;
            log?: string;
            starting_after?: string;
            type?: string;
        };
        ListObject_CheckoutSessionObject_: {
            data: components["schemas"]["CheckoutSessionObject"][];
            hasMore: boolean;
            nextCursor: string | null;
        };
        ListObject_CouponObject_: {
            data: components["schemas"]["CouponObject"][];
            hasMore: boolean;
            nextCursor: string | null;
        };
        ListObject_CustomerObject_: {
            data: components["schemas"]["CustomerObject"][];
            hasMore: boolean;
            nextCursor: string | null;
        };
        ListObject_OrderObject_: {
            data: components["schemas"]["OrderObject"][];
            hasMore: boolean;
            nextCursor: string | null;
        };
        ListObject_PaymentLinkObject_: {
            data: components["schemas"]["PaymentLinkObject"][];
            hasMore: boolean;
            nextCursor: string | null;
        };
        ListObject_PaymentObject_: {
            data: components["schemas"]["PaymentObject"][];
            hasMore: boolean;
            nextCursor: string | null;
        };
        ListObject_ProductObject_: {
            data: components["schemas"]["ProductObject"][];
            hasMore: boolean;
            nextCursor: string | null;
        };
        ListObject_PromotionCodeObject_: {
            data: components["schemas"]["PromotionCodeObject"][];
            hasMore: boolean;
            nextCursor: string | null;
        };
        ListObject_RedemptionObject_: {
            data: components["schemas"]["RedemptionObject"][];
            hasMore: boolean;
            nextCursor: string | null;
        };
        ListObject_RefundObject_: {
            data: components["schemas"]["RefundObject"][];
            hasMore: boolean;
            nextCursor: string | null;
        };
        ListObject_TestClockObject_: {
            data: components["schemas"]["TestClockObject"][];
            hasMore: boolean;
            nextCursor: string | null;
        };
        ListObject_TransactionObject_: {
            data: components["schemas"]["TransactionObject"][];
            hasMore: boolean;
            nextCursor: string | null;
        };
        ListObject_UnassignedTransferObject_: {
            data: components["schemas"]["UnassignedTransferObject"][];
            hasMore: boolean;
            nextCursor: string | null;
        };
        ListObject_WebhookDeliveryObject_: {
            data: components["schemas"]["WebhookDeliveryObject"][];
            hasMore: boolean;
            nextCursor: string | null;
        };
        ListObject_WebhookEndpointObject_: {
            data: components["schemas"]["WebhookEndpointObject"][];
            hasMore: boolean;
            nextCursor: string | null;
        };
        ListOrders: {
            amount?: string;
            /** Format: date-time */
            createdAfter?: string;
            /** Format: date-time */
            createdBefore?: string;
            currency?: string;
            customerId?: string;
            fulfillment?: components["schemas"]["Fulfillment"];
            /** @default 25 */
            limit?: number;
            reference?: string;
            sessionId?: string;
            starting_after?: string;
            status?: components["schemas"]["OrderStatus"];
        };
        ListPaymentLinks: {
            /** @default false */
            archived?: boolean;
            /** @default 25 */
            limit?: number;
            starting_after?: string;
        };
        ListPayments: {
            amount?: string;
            /** Format: date-time */
            createdAfter?: string;
            /** Format: date-time */
            createdBefore?: string;
            currency?: string;
            /** @default 25 */
            limit?: number;
            orderId?: string;
            sessionId?: string;
            starting_after?: string;
            status?: components["schemas"]["PaymentState"];
        };
        ListProducts: {
            active?: boolean;
            /** @default 25 */
            limit?: number;
            reference?: string;
            starting_after?: string;
        };
        ListPromotionCodes: {
            active?: boolean;
            code?: string;
            couponId?: string;
            /** @default 25 */
            limit?: number;
            starting_after?: string;
        };
        ListQuery: {
            /** @default 25 */
            limit?: number;
            starting_after?: string;
        };
        ListRedemptions: {
            couponId?: string;
            /** Format: date-time */
            createdAfter?: string;
            /** Format: date-time */
            createdBefore?: string;
            customerId?: string;
            /** @default 25 */
            limit?: number;
            orderId?: string;
            promotionCodeId?: string;
            sessionId?: string;
            starting_after?: string;
            status?: components["schemas"]["RedemptionStatus"];
        };
        ListRefunds: {
            amount?: string;
            /** Format: date-time */
            createdAfter?: string;
            /** Format: date-time */
            createdBefore?: string;
            currency?: string;
            /** @default 25 */
            limit?: number;
            orderId?: string;
            paymentId?: string;
            starting_after?: string;
            status?: components["schemas"]["RefundStatus"];
        };
        ListTransactions: {
            /** Format: date-time */
            createdAfter?: string;
            /** Format: date-time */
            createdBefore?: string;
            kind?: components["schemas"]["TransactionKind"];
            /** @default 25 */
            limit?: number;
            orderId?: string;
            paymentId?: string;
            starting_after?: string;
        };
        ListUnassigned: {
            /** Format: date-time */
            createdAfter?: string;
            /** Format: date-time */
            createdBefore?: string;
            /** @default 25 */
            limit?: number;
            starting_after?: string;
            status?: components["schemas"]["UnassignedStatus"];
        };
        ListWebhookDeliveries: {
            /** @default 25 */
            limit?: number;
            starting_after?: string;
            /** @enum {unknown} */
            status?: "abandoned";
        };
        MonthlyReport: {
            month: string;
            /** @default null */
            timeZone?: string | null;
        };
        MonthlyReportObject: {
            beginsAt: string;
            closed: boolean;
            complete: boolean;
            endsAt: string;
            lines: components["schemas"]["ReportLineObject"][];
            livemode: boolean;
            month: string;
            /**
             * @default monthly_report
             * @enum {unknown}
             */
            object?: "monthly_report";
            timeZone: string;
            totals: components["schemas"]["ReportLineObject"][];
        };
        MovementObject: {
            amountAtomic: string;
            asset: string | null;
            confirmations: number;
            currency: string | null;
            decimals: number | null;
            nextStep: string;
            offerEndedAt: string | null;
            paymentId: string | null;
            recipient: string | null;
            sender: string;
            singleSource: boolean;
            symbol: string | null;
            value: string | null;
            verdict: components["schemas"]["Verdict"];
        };
        OnNetworkObject: {
            blockNumber: number | null;
            chainId: number;
            confirmationsNeeded: number | null;
            explorerUrl: string | null;
            found: components["schemas"]["Found"];
            leftOut: number;
            movements: components["schemas"]["MovementObject"][];
            name: string;
            title: string;
        };
        OrderAmounts: {
            discount: string;
            shipping: string;
            subtotal: string;
            tax: string;
            total: string;
        };
        OrderObject: {
            amounts: components["schemas"]["OrderAmounts"];
            clientReferenceId: string | null;
            createdAt: string;
            currency: string;
            customer?: components["schemas"]["CustomerObject"] | null;
            customerId: string | null;
            customerStated: boolean;
            decision: ("accepted" | "refunded" | "waiting") | null;
            discounts: components["schemas"]["DiscountObject"][];
            exceptions: ("doubted" | "late" | "overpaid" | "reorged" | "underpaid" | "unexpected")[];
            exchangeRate?: components["schemas"]["RateObject"];
            expiresAt: string;
            /** @enum {unknown} */
            fulfillment: "fulfilled" | "unfulfilled";
            id: string;
            lineItems: components["schemas"]["LineItemObject"][];
            livemode: boolean;
            metadata: unknown;
            /**
             * @default order
             * @enum {unknown}
             */
            object?: "order";
            payment?: components["schemas"]["PaymentObject"] | null;
            paymentId: string;
            /** @enum {unknown} */
            paymentStatus: "no_payment_required" | "paid" | "unpaid";
            receiptUrl: string | null;
            received: string;
            reference: string | null;
            refunded: string;
            refunds?: components["schemas"]["ListObject_RefundObject_"];
            session?: components["schemas"]["CheckoutSessionObject"] | null;
            sessionId: string;
            /** @enum {unknown} */
            status: "canceled" | "expired" | "open" | "paid" | "processing" | "refunded" | "review";
            uniqueReference: boolean;
            updatedAt: string;
        };
        /** @enum {unknown} */
        OrderStatus: "canceled" | "expired" | "open" | "paid" | "processing" | "refunded" | "review";
        /** @enum {unknown} */
        Outcome: "authorized" | "declined" | "detected" | "dust" | "failed" | "late" | "overpaid" | "paid" | "reorged" | "top_up" | "underpaid";
        PaymentAmounts: {
            authorized: string;
            capturable: string;
            received: string;
            refundable: string;
            refunded: string;
            requested: string;
        };
        PaymentLinkObject: {
            active: boolean;
            allowPromotionCodes: boolean;
            archived: boolean;
            cancelUrl: string | null;
            checkoutUrl: string;
            completedSessions: number;
            createdAt: string;
            description: string | null;
            expiresAt: string | null;
            fiatAmount: string;
            fiatCurrency: string;
            id: string;
            livemode: boolean;
            maxCompletedSessions: number | null;
            /**
             * @default payment_link
             * @enum {unknown}
             */
            object?: "payment_link";
            slug: string;
            successUrl: string | null;
            title: string;
            updatedAt: string;
        };
        PaymentObject: {
            address: string;
            amount: components["schemas"]["CryptoAmount"];
            amounts: components["schemas"]["PaymentAmounts"];
            asset: string;
            authorizedAt: string | null;
            captureBefore: string | null;
            /** @enum {unknown} */
            captureMethod: "automatic" | "manual";
            chainId: number;
            createdAt: string;
            currency: string;
            customer?: components["schemas"]["CustomerObject"] | null;
            decision: ("accepted" | "refunded" | "waiting") | null;
            exceptions: ("doubted" | "late" | "overpaid" | "reorged" | "underpaid" | "unexpected")[];
            id: string;
            lastDecline: components["schemas"]["DeclineObject"] | null;
            livemode: boolean;
            metadata: unknown;
            /**
             * @default payment
             * @enum {unknown}
             */
            object?: "payment";
            order?: components["schemas"]["OrderObject"] | null;
            orderId: string;
            rail: string;
            refunds?: components["schemas"]["ListObject_RefundObject_"];
            releaseReason: ("captured" | "lapsed" | "requested") | null;
            session?: components["schemas"]["CheckoutSessionObject"] | null;
            sessionId: string;
            /** @enum {unknown} */
            status: "awaiting" | "canceled" | "detected" | "expired" | "failed" | "requires_capture" | "review" | "succeeded";
            transactions?: components["schemas"]["ListObject_TransactionObject_"];
            updatedAt: string;
        };
        PaymentOptionObject: {
            amount: string;
            amountAtomic: string;
            asset: string;
            blockSeconds: number;
            chainId: number;
            chosen: boolean;
            confirmationsNeeded: number | null;
            confirmationsSeen: number | null;
            decimals: number;
            exchangeLabel: string;
            exchangeRate?: components["schemas"]["RateObject"];
            explorer: string | null;
            network: string;
            networkTitle: string;
            symbol: string;
        };
        /** @enum {unknown} */
        PaymentState: "awaiting" | "canceled" | "detected" | "expired" | "failed" | "requires_capture" | "review" | "succeeded";
        ProductObject: {
            active: boolean;
            createdAt: string;
            currency: string;
            description: string | null;
            id: string;
            livemode: boolean;
            metadata: unknown;
            name: string;
            /**
             * @default product
             * @enum {unknown}
             */
            object?: "product";
            price: string | null;
            priceMax: string | null;
            priceMin: string | null;
            /** @enum {unknown} */
            pricing: "buyer" | "fixed";
            reference: string | null;
            updatedAt: string;
        };
        PromotionCodeObject: {
            active: boolean;
            code: string;
            coupon?: components["schemas"]["CouponObject"] | null;
            couponId: string;
            createdAt: string;
            currency: string | null;
            expiresAt: string | null;
            firstTimeTransaction: boolean;
            id: string;
            livemode: boolean;
            maxRedemptions: number | null;
            metadata: unknown;
            minimumAmount: string | null;
            /**
             * @default promotion_code
             * @enum {unknown}
             */
            object?: "promotion_code";
            onePerCustomer: boolean;
            redemptions: number;
            reservedRedemptions: number;
            updatedAt: string;
        };
        RateLegObject: {
            asOf: string;
            base: string;
            quote: string;
            source: string;
            value: string;
        };
        RateObject: {
            asOf: string;
            base: string;
            legs: components["schemas"]["RateLegObject"][];
            lockedUntil: string;
            quote: string;
            value: string;
        };
        ReceivePayment: {
            /** @default null */
            amount?: string | null;
        };
        RedemptionObject: {
            amount: string;
            coupon?: components["schemas"]["CouponObject"] | null;
            couponId: string;
            createdAt: string;
            currency: string;
            customer?: components["schemas"]["CustomerObject"] | null;
            customerId: string | null;
            id: string;
            livemode: boolean;
            /**
             * @default redemption
             * @enum {unknown}
             */
            object?: "redemption";
            order?: components["schemas"]["OrderObject"] | null;
            orderId: string;
            promotionCode?: components["schemas"]["PromotionCodeObject"] | null;
            promotionCodeId: string | null;
            session?: components["schemas"]["CheckoutSessionObject"] | null;
            sessionId: string;
            /** @enum {unknown} */
            status: "redeemed" | "released" | "reserved";
            updatedAt: string;
        };
        /** @enum {unknown} */
        RedemptionStatus: "redeemed" | "released" | "reserved";
        RefundLinkObject: {
            expiresAt: string | null;
            livemode: boolean;
            mailedTo: string | null;
            /**
             * @default refund_link
             * @enum {unknown}
             */
            object?: "refund_link";
            refundId: string;
            url: string | null;
        };
        RefundObject: {
            amount: string;
            createdAt: string;
            currency: string;
            destination: string | null;
            id: string;
            livemode: boolean;
            metadata: unknown;
            /**
             * @default refund
             * @enum {unknown}
             */
            object?: "refund";
            order?: components["schemas"]["OrderObject"] | null;
            orderId: string;
            payment?: components["schemas"]["PaymentObject"] | null;
            paymentId: string;
            /** @enum {unknown} */
            reason: "duplicate" | "fraudulent" | "late" | "other" | "overpaid" | "requested_by_customer" | "underpaid";
            /** @enum {unknown} */
            status: "canceled" | "failed" | "pending" | "succeeded";
            transaction?: components["schemas"]["TransactionObject"] | null;
            transactionId: string;
            updatedAt: string;
        };
        RefundOrder: {
            /** @enum {unknown} */
            what: "everything" | "excess";
        };
        /** @enum {unknown} */
        RefundReason: "duplicate" | "fraudulent" | "late" | "other" | "overpaid" | "requested_by_customer" | "underpaid";
        /** @enum {unknown} */
        RefundStatus: "canceled" | "failed" | "pending" | "succeeded";
        ReplayEvent: {
            /** @default null */
            endpointId?: string | null;
        };
        ReplayRange: {
            after: number;
            /** @default 9007199254740991 */
            before?: number;
            /** @default false */
            failedOnly?: boolean;
        };
        ReportLineObject: {
            closing: components["schemas"]["BalancesObject"];
            currency: string;
            difference: string;
            discounts: string;
            goods: string;
            kept: string;
            network: string | null;
            opening: components["schemas"]["BalancesObject"];
            orders: number;
            received: string;
            refunded: string;
            refunds: number;
            sales: string;
            shipping: string;
            tax: string;
        };
        ReturnTransfer: {
            /** @default null */
            note?: string | null;
        };
        RotateSecret: {
            /** @default 86400 */
            overlapSeconds?: number;
        };
        Search: {
            q: string;
        };
        /** @enum {unknown} */
        SearchMatch: "address" | "code" | "customer" | "id" | "reference" | "transaction_hash";
        SearchResultObject: {
            id: string;
            livemode: boolean;
            matched: components["schemas"]["SearchMatch"];
            /**
             * @default search_result
             * @enum {unknown}
             */
            object?: "search_result";
            title: string;
            type: components["schemas"]["SearchType"];
        };
        SearchResultsObject: {
            data: components["schemas"]["SearchResultObject"][];
            hasMore: boolean;
        };
        /** @enum {unknown} */
        SearchType: "checkout_session" | "coupon" | "customer" | "order" | "payment" | "payment_link" | "product" | "promotion_code" | "refund" | "transaction" | "unassigned_transfer";
        /** @enum {unknown} */
        SessionStatus: "detected" | "expired" | "failed" | "overpaid" | "paid" | "paid_late" | "pending" | "underpaid";
        SettleRefund: {
            txHash: string;
        };
        SimulatePayment: {
            /** @default null */
            outcome?: components["schemas"]["Outcome"] | null;
            /** @default null */
            payer?: ("payer_authorizes" | "payer_declines" | "payer_declines_then_pays" | "payer_fails" | "payer_is_reorged" | "payer_pays" | "payer_pays_late" | "payer_pays_less" | "payer_pays_more" | "payer_pays_slowly" | "payer_pays_twice") | null;
        };
        TestClockObject: {
            advancedSeconds: number;
            createdAt: string;
            id: string;
            livemode: boolean;
            name: string | null;
            /**
             * @default test_clock
             * @enum {unknown}
             */
            object?: "test_clock";
            sessions: number;
            updatedAt: string;
        };
        Token: {
            /** @default null */
            contractAddress?: string | null;
            locator: string;
            /** @default null */
            mintHash?: string | null;
            /** @default null */
            tokenId?: string | null;
        };
        /** @enum {unknown} */
        TransactionKind: "capture" | "refund" | "transfer";
        TransactionObject: {
            amount: components["schemas"]["CryptoAmount"];
            asset: string;
            chainId: number;
            confirmedAt: string | null;
            createdAt: string;
            currency: string;
            id: string;
            /** @enum {unknown} */
            kind: "capture" | "refund" | "transfer";
            livemode: boolean;
            network: string | null;
            /**
             * @default transaction
             * @enum {unknown}
             */
            object?: "transaction";
            order?: components["schemas"]["OrderObject"] | null;
            orderId: string;
            payment?: components["schemas"]["PaymentObject"] | null;
            paymentId: string;
            /** @enum {unknown} */
            status: "confirmed" | "dropped" | "pending";
            symbol: string | null;
            txHash: string | null;
            value: string;
        };
        TransferExplanationObject: {
            livemode: boolean;
            networks: components["schemas"]["OnNetworkObject"][];
            /** @default transfer_explanation */
            object?: string;
            summary: string;
            txHash: string;
        };
        /** @enum {unknown} */
        UnassignedStatus: "assigned" | "confirming" | "orphaned" | "returned" | "unassigned";
        UnassignedTransferObject: {
            amount: string;
            amountAtomic: string;
            asset: string;
            blockNumber: number;
            chainId: number;
            createdAt: string;
            currency: string | null;
            decidedAt: string | null;
            doubted: boolean;
            id: string;
            livemode: boolean;
            minedAt: string;
            network: string;
            note: string | null;
            /**
             * @default unassigned_transfer
             * @enum {unknown}
             */
            object?: "unassigned_transfer";
            order?: components["schemas"]["OrderObject"] | null;
            orderId: string | null;
            /** @enum {unknown} */
            reason: "network_not_offered" | "no_session" | "token_not_offered";
            recipient: string;
            sender: string;
            /** @enum {unknown} */
            status: "assigned" | "confirming" | "orphaned" | "returned" | "unassigned";
            suggestedOrder?: components["schemas"]["OrderObject"] | null;
            suggestedOrderId: string | null;
            symbol: string;
            txHash: string | null;
            updatedAt: string;
        };
        UpdateCoupon: {
            active?: boolean;
            description?: string | null;
            metadata?: Record<string, unknown> | null;
            name?: string;
        };
        UpdateCustomer: {
            email?: string | null;
            metadata?: Record<string, unknown> | null;
            name?: string | null;
            reference?: string | null;
        };
        UpdateOrder: {
            /** @enum {unknown} */
            fulfillment?: "fulfilled" | "unfulfilled";
            metadata?: Record<string, unknown> | null;
        };
        UpdatePayment: {
            metadata: Record<string, unknown> | null;
        };
        UpdatePaymentLink: {
            active?: boolean;
            allowPromotionCodes?: boolean;
            cancelUrl?: string | null;
            description?: string | null;
            expiresAt?: string | null;
            fiatAmount?: string;
            fiatCurrency?: string;
            maxCompletedSessions?: number | null;
            successUrl?: string | null;
            title?: string;
        };
        UpdateProduct: {
            active?: boolean;
            currency?: string;
            description?: string | null;
            metadata?: Record<string, unknown> | null;
            name?: string;
            price?: string | null;
            priceMax?: string | null;
            priceMin?: string | null;
            /** @enum {unknown} */
            pricing?: "buyer" | "fixed";
            reference?: string | null;
        };
        UpdatePromotionCode: {
            active?: boolean;
            metadata?: Record<string, unknown> | null;
        };
        UpdateRefund: {
            metadata: Record<string, unknown> | null;
        };
        UpdateWebhookEndpoint: {
            active?: boolean;
            description?: string | null;
            events?: string[];
            /** Format: uri */
            url?: string;
        };
        UsageObject: {
            keys: components["schemas"]["KeyUsageObject"][];
            livemode: boolean;
            /** @example 2026-11 */
            month: string;
            /**
             * @default usage
             * @enum {unknown}
             */
            object?: "usage";
            renders: number;
        };
        UsageQuery: {
            /** @default null */
            month?: string | null;
        };
        /** @enum {unknown} */
        Verdict: "counted" | "doubted" | "left" | "native_coin" | "not_mined" | "not_read_yet" | "orphaned" | "other_address" | "other_token" | "reverted" | "unassigned" | "waiting";
        WebhookDeliveryObject: {
            attempts: components["schemas"]["AttemptObject"][];
            attemptsMax: number;
            createdAt: string;
            endpointId: string;
            eventId: string | null;
            eventType: string;
            id: string;
            livemode: boolean;
            nextAttemptAt: string | null;
            /**
             * @default webhook_delivery
             * @enum {unknown}
             */
            object?: "webhook_delivery";
            /** @enum {unknown} */
            status: "abandoned" | "delivered" | "pending";
        };
        WebhookEndpointObject: {
            active: boolean;
            createdAt: string;
            description: string | null;
            dialect?: string;
            disabledReason: components["schemas"]["DisabledReason"] | null;
            events: string[];
            failingSince: string | null;
            id: string;
            livemode: boolean;
            /**
             * @default webhook_endpoint
             * @enum {unknown}
             */
            object?: "webhook_endpoint";
            previousSecretExpiresAt: string | null;
            secretPrefix: string;
            updatedAt: string;
            url: string;
        };
        WebhookReplayObject: {
            deliveries: number;
            endpointId: string;
            livemode: boolean;
            nextAfter: number | null;
            /**
             * @default webhook_replay
             * @enum {unknown}
             */
            object?: "webhook_replay";
        };
        WebhookTestObject: {
            attempt: components["schemas"]["AttemptObject"];
            delivered: boolean;
            deliveryId: string;
            eventId: string;
            livemode: boolean;
            /**
             * @default webhook_test
             * @enum {unknown}
             */
            object?: "webhook_test";
        };
    };
    responses: {
        Refused400: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"];
            };
        };
        Refused401: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"];
            };
        };
        Refused403: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"];
            };
        };
        Refused404: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"];
            };
        };
        Refused405: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"];
            };
        };
        Refused409: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"];
            };
        };
        Refused413: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"];
            };
        };
        Refused415: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"];
            };
        };
        Refused429: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"];
            };
        };
        Refused500: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"];
            };
        };
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
                createdAfter?: string;
                createdBefore?: string;
                expand?: string[];
                limit?: number;
                linkId?: string;
                starting_after?: string;
                status?: components["schemas"]["SessionStatus"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
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
                expand?: string[];
            };
            header?: {
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateCheckoutSession"];
            };
        };
        responses: {
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
                expand?: string[];
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
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
    checkout_sessions_accept: {
        parameters: {
            query?: {
                expand?: string[];
            };
            header?: {
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
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
    checkout_sessions_cancel: {
        parameters: {
            query?: {
                expand?: string[];
            };
            header?: {
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
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
    checkout_sessions_expire: {
        parameters: {
            query?: {
                expand?: string[];
            };
            header?: {
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
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
    checkout_sessions_choose_option: {
        parameters: {
            query?: {
                expand?: string[];
            };
            header?: {
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChoosePaymentOption"];
            };
        };
        responses: {
            200: {
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
    checkout_sessions_receive: {
        parameters: {
            query?: {
                expand?: string[];
            };
            header?: {
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReceivePayment"];
            };
        };
        responses: {
            200: {
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
    checkout_sessions_simulate: {
        parameters: {
            query?: {
                expand?: string[];
            };
            header?: {
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SimulatePayment"];
            };
        };
        responses: {
            200: {
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
    checkout_sessions_undo_received: {
        parameters: {
            query?: {
                expand?: string[];
            };
            header?: {
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
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
    coupons_list_all: {
        parameters: {
            query?: {
                active?: boolean;
                limit?: number;
                starting_after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
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
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateCoupon"];
            };
        };
        responses: {
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
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
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
    coupons_update: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateCoupon"];
            };
        };
        responses: {
            200: {
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
    customers_list_all: {
        parameters: {
            query?: {
                email?: string;
                limit?: number;
                page?: number;
                reference?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
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
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateCustomer"];
            };
        };
        responses: {
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
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
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
    customers_erase: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
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
    customers_update: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateCustomer"];
            };
        };
        responses: {
            200: {
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
    events_list_all: {
        parameters: {
            query?: {
                after?: number;
                createdAfter?: string;
                createdBefore?: string;
                limit?: number;
                log?: string;
                starting_after?: string;
                type?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
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
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
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
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReplayEvent"];
            };
        };
        responses: {
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
                amount?: string;
                createdAfter?: string;
                createdBefore?: string;
                currency?: string;
                customerId?: string;
                expand?: string[];
                fulfillment?: components["schemas"]["Fulfillment"];
                limit?: number;
                reference?: string;
                sessionId?: string;
                starting_after?: string;
                status?: components["schemas"]["OrderStatus"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
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
                expand?: string[];
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
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
                expand?: string[];
            };
            header?: {
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateOrder"];
            };
        };
        responses: {
            200: {
                headers: {
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
                expand?: string[];
            };
            header?: {
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
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
                id: string;
                n: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
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
                expand?: string[];
            };
            header?: {
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DeliverItems"];
            };
        };
        responses: {
            200: {
                headers: {
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
                expand?: string[];
            };
            header?: {
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FailDelivery"];
            };
        };
        responses: {
            200: {
                headers: {
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
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
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
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
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
                expand?: string[];
            };
            header?: {
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RefundOrder"];
            };
        };
        responses: {
            200: {
                headers: {
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
                expand?: string[];
            };
            header?: {
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
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
                archived?: boolean;
                limit?: number;
                starting_after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
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
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreatePaymentLink"];
            };
        };
        responses: {
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
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
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
    payment_links_archive: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
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
    payment_links_update: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdatePaymentLink"];
            };
        };
        responses: {
            200: {
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
    payments_list_all: {
        parameters: {
            query?: {
                amount?: string;
                createdAfter?: string;
                createdBefore?: string;
                currency?: string;
                expand?: string[];
                limit?: number;
                orderId?: string;
                sessionId?: string;
                starting_after?: string;
                status?: components["schemas"]["PaymentState"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
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
                expand?: string[];
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
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
                expand?: string[];
            };
            header?: {
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdatePayment"];
            };
        };
        responses: {
            200: {
                headers: {
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
                expand?: string[];
            };
            header?: {
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
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
                expand?: string[];
            };
            header?: {
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CapturePayment"];
            };
        };
        responses: {
            200: {
                headers: {
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
                active?: boolean;
                limit?: number;
                reference?: string;
                starting_after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
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
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateProduct"];
            };
        };
        responses: {
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
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
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
    products_update: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateProduct"];
            };
        };
        responses: {
            200: {
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
    promotion_codes_list_all: {
        parameters: {
            query?: {
                active?: boolean;
                code?: string;
                couponId?: string;
                expand?: string[];
                limit?: number;
                starting_after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
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
                expand?: string[];
            };
            header?: {
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreatePromotionCode"];
            };
        };
        responses: {
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
                expand?: string[];
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
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
    promotion_codes_update: {
        parameters: {
            query?: {
                expand?: string[];
            };
            header?: {
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdatePromotionCode"];
            };
        };
        responses: {
            200: {
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
    redemptions_list_all: {
        parameters: {
            query?: {
                couponId?: string;
                createdAfter?: string;
                createdBefore?: string;
                customerId?: string;
                expand?: string[];
                limit?: number;
                orderId?: string;
                promotionCodeId?: string;
                sessionId?: string;
                starting_after?: string;
                status?: components["schemas"]["RedemptionStatus"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
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
                expand?: string[];
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
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
                amount?: string;
                createdAfter?: string;
                createdBefore?: string;
                currency?: string;
                expand?: string[];
                limit?: number;
                orderId?: string;
                paymentId?: string;
                starting_after?: string;
                status?: components["schemas"]["RefundStatus"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
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
                expand?: string[];
            };
            header?: {
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateRefund"];
            };
        };
        responses: {
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
                expand?: string[];
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
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
    refunds_update: {
        parameters: {
            query?: {
                expand?: string[];
            };
            header?: {
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateRefund"];
            };
        };
        responses: {
            200: {
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
    refunds_cancel: {
        parameters: {
            query?: {
                expand?: string[];
            };
            header?: {
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
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
    refunds_create_destination_link: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateRefundLink"];
            };
        };
        responses: {
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
                expand?: string[];
            };
            header?: {
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SettleRefund"];
            };
        };
        responses: {
            200: {
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
    reports_monthly: {
        parameters: {
            query?: {
                month?: string;
                timeZone?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
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
                q?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
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
                limit?: number;
                starting_after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
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
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateTestClock"];
            };
        };
        responses: {
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
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
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
    test_clocks_advance: {
        parameters: {
            query?: never;
            header?: {
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AdvanceTestClock"];
            };
        };
        responses: {
            200: {
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
    transactions_list_transactions: {
        parameters: {
            query?: {
                createdAfter?: string;
                createdBefore?: string;
                expand?: string[];
                kind?: components["schemas"]["TransactionKind"];
                limit?: number;
                orderId?: string;
                paymentId?: string;
                starting_after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
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
                expand?: string[];
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
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
                hash: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
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
                createdAfter?: string;
                createdBefore?: string;
                expand?: string[];
                limit?: number;
                starting_after?: string;
                status?: components["schemas"]["UnassignedStatus"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
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
                expand?: string[];
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
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
                expand?: string[];
            };
            header?: {
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AssignTransfer"];
            };
        };
        responses: {
            200: {
                headers: {
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
                expand?: string[];
            };
            header?: {
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReturnTransfer"];
            };
        };
        responses: {
            200: {
                headers: {
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
                month?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
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
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
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
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
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
                limit?: number;
                starting_after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
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
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateWebhookEndpoint"];
            };
        };
        responses: {
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
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
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
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
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
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateWebhookEndpoint"];
            };
        };
        responses: {
            200: {
                headers: {
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
                limit?: number;
                starting_after?: string;
                status?: "abandoned";
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
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
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReplayRange"];
            };
        };
        responses: {
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
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RotateSecret"];
            };
        };
        responses: {
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
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
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
