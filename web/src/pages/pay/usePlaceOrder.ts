import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { pay } from '../../api/pay.ts';
import type { Order, PlaceOrder } from '../../api/types.ts';
import { uuidv7 } from '../../core/uuid.ts';

/** Places an order. The same wish keeps its id, so that trying again never pays twice. */
export function usePlaceOrder(onPlaced: (order: Order) => void) {
  const [wish, setWish] = useState({ key: '', id: '' });
  const place = useMutation({ mutationFn: pay.place, onSuccess: onPlaced });
  const order = (product: PlaceOrder['product'], gateway: string) => {
    if (place.isPending) return;
    const key = JSON.stringify([product, gateway]);
    const id = wish.key === key ? wish.id : uuidv7();
    setWish({ key, id });
    place.mutate({ id, gateway, product });
  };
  return { order, isPending: place.isPending, error: place.error };
}
